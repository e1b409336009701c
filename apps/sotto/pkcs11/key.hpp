// A private key on a token.
#pragma once

#include <memory>
#include <string>

#include <sotto/policy.hpp>
#include <sotto/question.hpp>

#include "pkcs11/uri.hpp"

namespace program::pkcs11 {

/// Uses a private key on a token. Calls block for as long as the token takes; several threads may call at once, and
/// each call has a session of its own. A token that was taken away and put back is found again.
class Key {
 public:
  /// Finds the key. `pin` is kept, for a token that comes back wants it again.
  static Outcome<std::shared_ptr<Key>> find(Uri uri, std::string pin);
  ~Key();

  [[nodiscard]] const std::string& text() const;
  /// Says whether the key is of the kind that makes `scheme`.
  [[nodiscard]] bool fits(sotto::SignatureScheme scheme) const;
  /// Says whether the token can make it, too.
  [[nodiscard]] bool can_make(sotto::SignatureScheme scheme) const;

  /// Signs `message`; the result has the form that TLS sends.
  Outcome<std::vector<std::byte>> sign(sotto::SignatureScheme scheme, std::span<const std::byte> message);
  /// Decrypts a pre-master secret. Whatever is wrong with what the client sent, the secret is random and no failure.
  Outcome<sotto::PremasterSecret> decrypt(const sotto::DecryptQuestion& question);

 private:
  struct Impl;
  explicit Key(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Says whether a URI's token wants a PIN.
Outcome<bool> wants_pin(const Uri& uri);

}  // namespace program::pkcs11
