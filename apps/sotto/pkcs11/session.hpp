// A session with the one token that a URI names.
#pragma once

#include <string>
#include <vector>

#include <p11-kit/p11-kit.h>

#include "pkcs11/module.hpp"
#include "pkcs11/uri.hpp"

namespace program::pkcs11 {

/// A token in its slot.
struct Token {
  CK_FUNCTION_LIST* functions = nullptr;
  CK_SLOT_ID slot = 0;
  CK_FLAGS flags = 0;
  std::string label;

  [[nodiscard]] bool needs_login() const { return (flags & CKF_LOGIN_REQUIRED) != 0; }
  /// Says whether the PIN is typed on the token's own keys.
  [[nodiscard]] bool has_own_keypad() const { return (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0; }
  /// Says whether the token can do `mechanism` for `use`, such as CKF_SIGN.
  [[nodiscard]] bool can(CK_MECHANISM_TYPE mechanism, CK_FLAGS use) const;
};

/// Finds the token; a failure if there is none, or more than one.
Outcome<Token> find_token(const Modules& modules, const Uri& uri);

/// Owns an open session. One thread at a time.
class Session {
 public:
  static Outcome<Session> open(const Token& token);
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  ~Session();

  /// Shows the PIN. All sessions with a token are logged in together.
  [[nodiscard]] CK_RV login(CK_USER_TYPE user, const std::string& pin);
  /// Finds the one object of this class that the URI names; `what` is its name in a failure, such as "private key".
  Outcome<CK_OBJECT_HANDLE> find(const Uri& uri, CK_OBJECT_CLASS object_class, const std::string& what) const;
  /// Reads an attribute; empty if the object has none.
  [[nodiscard]] std::vector<std::byte> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;

  [[nodiscard]] CK_FUNCTION_LIST& functions() const { return *token_.functions; }
  [[nodiscard]] CK_SESSION_HANDLE handle() const { return handle_; }
  [[nodiscard]] const Token& token() const { return token_; }

 private:
  Session(Token token, CK_SESSION_HANDLE handle) : token_(std::move(token)), handle_(handle) {}
  void close();

  Token token_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
};

}  // namespace program::pkcs11
