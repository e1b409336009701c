#include "pkcs11/key.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <p11-kit/p11-kit.h>
#include <sotto/remote_key.hpp>

#include "files.hpp"
#include "pkcs11/mechanism.hpp"
#include "pkcs11/module.hpp"
#include "pkcs11/session.hpp"

namespace program::pkcs11 {
namespace {

/// Room for what a key of 16384 bits signs or decrypts.
constexpr std::size_t largest_output = 2048;

/// A session that has found the key.
struct OpenKey {
  std::shared_ptr<const Modules> modules;  ///< outlive the session
  Session session;
  CK_OBJECT_HANDLE key;
};

/// Says whether a call failed because the token, the session or the login is gone or of no more use, and not because of
/// what was asked.
bool is_loss(CK_RV result) {
  switch (result) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    // A call before was begun and not finished, as when the PIN for one use was not typed on the token's keypad.
    case CKR_OPERATION_ACTIVE: return true;
    default: return false;
  }
}

template <class T>
std::optional<T> as(const std::vector<std::byte>& attribute) {
  if (attribute.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, attribute.data(), sizeof value);
  return value;
}

unsigned char* octets_of(std::span<const std::byte> bytes) {
  // PKCS#11 declares its input as writable and does not write to it.
  return reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
}

}  // namespace

struct Key::Impl {
  Impl(Uri its_uri, std::string its_pin) : uri(std::move(its_uri)), pin(std::move(its_pin)) {}
  ~Impl() { wipe(pin); }

  Outcome<std::shared_ptr<const Modules>> loaded();
  void start_afresh();
  Outcome<OpenKey> open();
  Outcome<OpenKey> take();
  void give_back(OpenKey key);
  std::unexpected<Failure> failed(const char* what, CK_RV result) const;
  CK_RV authenticate_once_more(OpenKey& key) const;
  /// Calls `use` with a session, and once more with a new one if the token turns out to have been away.
  template <class Use>
  Outcome<CK_RV> with_session(Use use);

  Uri uri;
  std::string pin;
  CK_KEY_TYPE type = 0;
  bool authenticates_each_use = false;
  std::vector<CK_MECHANISM_TYPE> mechanisms;
  std::mutex mutex;
  std::shared_ptr<const Modules> modules;  ///< null after a loss
  std::vector<OpenKey> idle;
  bool pin_refused = false;  ///< a PIN that was refused is not shown again: tokens lock themselves
};

Outcome<std::shared_ptr<const Modules>> Key::Impl::loaded() {
  const std::lock_guard lock(mutex);
  if (modules) return modules;
  auto loading = Modules::load(uri);
  if (!loading) return std::unexpected(loading.error());
  return modules = std::make_shared<const Modules>(*std::move(loading));
}

/// Forgets every session and the module too: some find a token that was away only when they are initialized again.
void Key::Impl::start_afresh() {
  std::vector<OpenKey> lost;  // closed without the lock
  const std::lock_guard lock(mutex);
  lost.swap(idle);
  modules.reset();
}

Outcome<OpenKey> Key::Impl::open() {
  auto using_modules = loaded();
  if (!using_modules) return std::unexpected(using_modules.error());
  const auto token = find_token(**using_modules, uri);
  if (!token) {
    start_afresh();
    return std::unexpected(token.error());
  }
  auto session = Session::open(*token);
  if (!session) return std::unexpected(session.error());
  if (token->needs_login()) {
    const std::lock_guard lock(mutex);
    const auto result = pin_refused ? CK_RV{CKR_PIN_INCORRECT} : session->login(CKU_USER, pin);
    pin_refused = result == CKR_PIN_INCORRECT;
    if (pin_refused)
      return failure(ExitCode::configuration, fmt::format("the token '{}' refused the PIN", token->label));
    if (result != CKR_OK)
      return failure(ExitCode::configuration,
                     fmt::format("no login to the token '{}': {}", token->label, p11_kit_strerror(result)));
  }
  const auto key = session->find(uri, CKO_PRIVATE_KEY, "private key");
  if (!key) return std::unexpected(key.error());
  return OpenKey{*std::move(using_modules), *std::move(session), *key};
}

Outcome<OpenKey> Key::Impl::take() {
  {
    const std::lock_guard lock(mutex);
    if (!idle.empty()) {
      auto key = std::move(idle.back());
      idle.pop_back();
      return key;
    }
  }
  return open();
}

void Key::Impl::give_back(OpenKey key) {
  const std::lock_guard lock(mutex);
  idle.push_back(std::move(key));
}

std::unexpected<Failure> Key::Impl::failed(const char* what, CK_RV result) const {
  return failure(ExitCode::internal,
                 fmt::format("the key '{}' could not {}: {}", uri.text(), what, p11_kit_strerror(result)));
}

/// Shows the PIN for a key with CKA_ALWAYS_AUTHENTICATE, after the operation was begun. PKCS#11 2.40, 4.9 and 5.6.
CK_RV Key::Impl::authenticate_once_more(OpenKey& key) const {
  return authenticates_each_use ? key.session.login(CKU_CONTEXT_SPECIFIC, pin) : CK_RV{CKR_OK};
}

template <class Use>
Outcome<CK_RV> Key::Impl::with_session(Use use) {
  auto key = take();
  if (!key) return std::unexpected(key.error());
  auto result = use(*key);
  if (is_loss(result)) {
    {
      const auto lost = *std::move(key);
    }
    start_afresh();
    key = open();
    if (!key) return std::unexpected(key.error());
    result = use(*key);
  }
  if (!is_loss(result)) give_back(*std::move(key));
  return result;
}

Key::Key(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Key::~Key() = default;

Outcome<std::shared_ptr<Key>> Key::find(Uri uri, std::string pin) {
  auto impl = std::make_unique<Impl>(std::move(uri), std::move(pin));
  auto key = impl->open();
  if (!key) return std::unexpected(key.error());
  const auto type = as<CK_KEY_TYPE>(key->session.attribute(key->key, CKA_KEY_TYPE));
  if (!type)
    return failure(ExitCode::configuration, fmt::format("the key '{}' does not say its kind", impl->uri.text()));
  impl->type = *type;
  impl->authenticates_each_use =
      as<CK_BBOOL>(key->session.attribute(key->key, CKA_ALWAYS_AUTHENTICATE)).value_or(CK_FALSE) == CK_TRUE;
  for (const CK_MECHANISM_TYPE mechanism : {CKM_ECDSA, CKM_EDDSA, CKM_RSA_PKCS, CKM_RSA_PKCS_PSS})
    if (key->session.token().can(mechanism, CKF_SIGN)) impl->mechanisms.push_back(mechanism);
  impl->give_back(*std::move(key));
  return std::shared_ptr<Key>(new Key(std::move(impl)));
}

const std::string& Key::text() const { return impl_->uri.text(); }

bool Key::fits(sotto::SignatureScheme scheme) const { return need_of(scheme).key_type == impl_->type; }

bool Key::can_make(sotto::SignatureScheme scheme) const {
  const auto need = need_of(scheme);
  return fits(scheme) && std::ranges::find(impl_->mechanisms, need.mechanism) != impl_->mechanisms.end();
}

Outcome<std::vector<std::byte>> Key::sign(sotto::SignatureScheme scheme, std::span<const std::byte> message) {
  const auto input = input_for(scheme, message);
  if (!input) return failure(input.error(), text());
  auto pss = pss_parameters(input->size());
  CK_MECHANISM mechanism{need_of(scheme).mechanism, nullptr, 0};
  if (mechanism.mechanism == CKM_RSA_PKCS_PSS) mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof pss};
  std::vector<std::byte> output(largest_output);
  auto length = static_cast<CK_ULONG>(output.size());
  const auto result = impl_->with_session([&](OpenKey& key) {
    auto& functions = key.session.functions();
    length = static_cast<CK_ULONG>(output.size());
    auto done = functions.C_SignInit(key.session.handle(), &mechanism, key.key);
    if (done == CKR_OK) done = impl_->authenticate_once_more(key);
    if (done != CKR_OK) return done;
    return functions.C_Sign(key.session.handle(), octets_of(*input), static_cast<CK_ULONG>(input->size()),
                            octets_of(output), &length);
  });
  if (!result) return std::unexpected(result.error());
  if (*result != CKR_OK) return impl_->failed("sign", *result);
  output.resize(length);
  auto signature = output_for(scheme, std::move(output));
  if (!signature) return failure(signature.error(), text());
  return *std::move(signature);
}

Outcome<sotto::PremasterSecret> Key::decrypt(const sotto::DecryptQuestion& question) {
  CK_MECHANISM mechanism{CKM_RSA_PKCS, nullptr, 0};
  std::array<std::byte, largest_output> octets{};
  CK_ULONG length = 0;
  CK_RV begun = CKR_OK;
  const auto result = impl_->with_session([&](OpenKey& key) {
    auto& functions = key.session.functions();
    length = octets.size();
    begun = functions.C_DecryptInit(key.session.handle(), &mechanism, key.key);
    if (begun == CKR_OK) begun = impl_->authenticate_once_more(key);
    if (begun != CKR_OK) return begun;
    return functions.C_Decrypt(key.session.handle(), octets_of(question.encrypted),
                               static_cast<CK_ULONG>(question.encrypted.size()), octets_of(octets), &length);
  });
  if (!result) return std::unexpected(result.error());
  // These fail for every ciphertext. All that depends on the ciphertext stays within the secret: RFC 5246, 7.4.7.1.
  if (begun != CKR_OK || is_loss(*result)) return impl_->failed("decrypt", *result);
  const auto decrypted = std::uint64_t{*result == CKR_OK ? 1U : 0U};
  auto secret = sotto::premaster_secret_from(question, std::span(octets).first<48>(), decrypted * length);
  explicit_bzero(octets.data(), octets.size());
  if (!secret) return failure(secret.error(), text());
  return *std::move(secret);
}

Outcome<bool> wants_pin(const Uri& uri) {
  const auto modules = Modules::load(uri);
  if (!modules) return std::unexpected(modules.error());
  const auto token = find_token(*modules, uri);
  if (!token) return std::unexpected(token.error());
  return token->needs_login() && !token->has_own_keypad();
}

}  // namespace program::pkcs11
