#include "pkcs11/session.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <p11-kit/uri.h>

#include "text.hpp"

namespace program::pkcs11 {
namespace {

/// Reads a text that is padded with blanks. PKCS#11 2.40, 3.2.
template <std::size_t length>
std::string unpadded(const unsigned char (&text)[length]) {
  std::string_view view(reinterpret_cast<const char*>(text), length);
  return printable(view.substr(0, view.find_last_not_of(' ') + 1));
}

std::vector<CK_SLOT_ID> slots_with_tokens(CK_FUNCTION_LIST& functions) {
  CK_ULONG count = 0;
  if (functions.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
  std::vector<CK_SLOT_ID> slots(count);
  if (functions.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(count);
  return slots;
}

void add_tokens(CK_FUNCTION_LIST& functions, const Uri& uri, std::vector<Token>& tokens) {
  CK_INFO module_info{};
  if (functions.C_GetInfo(&module_info) != CKR_OK || p11_kit_uri_match_module_info(uri.get(), &module_info) != 1)
    return;
  const auto wanted_slot = p11_kit_uri_get_slot_id(uri.get());
  for (const auto slot : slots_with_tokens(functions)) {
    CK_SLOT_INFO slot_info{};
    CK_TOKEN_INFO info{};
    if (wanted_slot != static_cast<CK_SLOT_ID>(-1) && slot != wanted_slot) continue;
    if (functions.C_GetSlotInfo(slot, &slot_info) != CKR_OK || functions.C_GetTokenInfo(slot, &info) != CKR_OK)
      continue;
    if ((info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    if (p11_kit_uri_match_slot_info(uri.get(), &slot_info) == 1 && p11_kit_uri_match_token_info(uri.get(), &info) == 1)
      tokens.push_back({&functions, slot, info.flags, unpadded(info.label)});
  }
}

}  // namespace

bool Token::can(CK_MECHANISM_TYPE mechanism, CK_FLAGS use) const {
  CK_MECHANISM_INFO info{};
  return functions->C_GetMechanismInfo(slot, mechanism, &info) == CKR_OK && (info.flags & use) == use;
}

Outcome<Token> find_token(const Modules& modules, const Uri& uri) {
  std::vector<Token> tokens;
  for (auto* const functions : modules.all()) add_tokens(*functions, uri, tokens);
  if (tokens.empty()) return failure(ExitCode::configuration, fmt::format("there is no token for '{}'", uri.text()));
  if (tokens.size() == 1) return tokens.front();
  std::string labels;
  for (const auto& token : tokens) labels += (labels.empty() ? "'" : ", '") + token.label + "'";
  return failure(ExitCode::configuration,
                 fmt::format("'{}' may mean several tokens: {}; add token= or serial=", uri.text(), labels));
}

Outcome<Session> Session::open(const Token& token) {
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  const auto result = token.functions->C_OpenSession(token.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  if (result != CKR_OK)
    return failure(ExitCode::configuration,
                   fmt::format("no session with the token '{}': {}", token.label, p11_kit_strerror(result)));
  return Session(token, handle);
}

Session::Session(Session&& other) noexcept
    : token_(std::move(other.token_)), handle_(std::exchange(other.handle_, CK_INVALID_HANDLE)) {}

Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  close();
  token_ = std::move(other.token_);
  handle_ = std::exchange(other.handle_, CK_INVALID_HANDLE);
  return *this;
}

Session::~Session() { close(); }

void Session::close() {
  // A token that is gone has closed its sessions itself.
  if (handle_ != CK_INVALID_HANDLE) token_.functions->C_CloseSession(handle_);
  handle_ = CK_INVALID_HANDLE;
}

CK_RV Session::login(CK_USER_TYPE user, const std::string& pin) {
  // PKCS#11 takes the PIN as a pointer to what it could write to, and does not.
  auto* const octets = reinterpret_cast<unsigned char*>(const_cast<char*>(pin.data()));
  const auto result = token_.has_own_keypad() && pin.empty()
                          ? functions().C_Login(handle_, user, nullptr, 0)
                          : functions().C_Login(handle_, user, octets, static_cast<CK_ULONG>(pin.size()));
  return result == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : result;
}

Outcome<CK_OBJECT_HANDLE> Session::find(const Uri& uri, CK_OBJECT_CLASS object_class, const std::string& what) const {
  std::vector<CK_ATTRIBUTE> wanted;
  for (const auto type : {CKA_LABEL, CKA_ID})
    if (const auto* const attribute = p11_kit_uri_get_attribute(uri.get(), type)) wanted.push_back(*attribute);
  wanted.push_back({CKA_CLASS, &object_class, sizeof object_class});
  auto result = functions().C_FindObjectsInit(handle_, wanted.data(), static_cast<CK_ULONG>(wanted.size()));
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  if (result == CKR_OK) {
    result = functions().C_FindObjects(handle_, found.data(), found.size(), &count);
    functions().C_FindObjectsFinal(handle_);
  }
  if (result != CKR_OK)
    return failure(ExitCode::configuration,
                   fmt::format("the token '{}' cannot be searched: {}", token_.label, p11_kit_strerror(result)));
  if (count == 0)
    return failure(ExitCode::configuration,
                   fmt::format("there is no {} on the token '{}' for '{}'", what, token_.label, uri.text()));
  if (count > 1)
    return failure(ExitCode::configuration, fmt::format("several {}s on the token '{}' are meant by '{}'; add id= or "
                                                        "object=",
                                                        what, token_.label, uri.text()));
  return found[0];
}

std::vector<std::byte> Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  if (functions().C_GetAttributeValue(handle_, object, &attribute, 1) != CKR_OK ||
      attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
    return {};
  std::vector<std::byte> value(attribute.ulValueLen);
  attribute.pValue = value.data();
  if (functions().C_GetAttributeValue(handle_, object, &attribute, 1) != CKR_OK) return {};
  value.resize(attribute.ulValueLen);
  return value;
}

}  // namespace program::pkcs11
