// The token keys of some credentials, and what they answer to the questions of a connection.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include <sotto/credential.hpp>
#include <sotto/question.hpp>

#include "pkcs11/key.hpp"

namespace program::pkcs11 {

using AnyQuestion = decltype(sotto::Question::what);

/// Knows which key belongs to which credential.
class Keys {
 public:
  void add(sotto::Credential credential, std::shared_ptr<Key> key);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Answers a question; blocks for as long as the token takes. A failure becomes a refusal, which ends the handshake.
  [[nodiscard]] sotto::Answer answer(const AnyQuestion& question) const;

 private:
  struct Entry {
    sotto::Credential credential;
    std::shared_ptr<Key> key;
  };
  [[nodiscard]] Key* find(const sotto::Credential& credential) const;
  [[nodiscard]] sotto::Answer sign(const sotto::SignQuestion& question) const;
  [[nodiscard]] sotto::Answer decrypt(const sotto::DecryptQuestion& question) const;

  std::vector<Entry> entries_;
};

}  // namespace program::pkcs11
