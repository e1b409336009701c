#include "credentials.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "files.hpp"
#include "pkcs11/certificate.hpp"
#include "pkcs11/credential.hpp"
#include "pkcs11/uri.hpp"

namespace program {
namespace {

constexpr const char* pin_variable = "SOTTO_PKCS11_PIN";

/// Returns the PIN of the token that `uri` names: from the URI, the passphrase file, the environment or the terminal.
Outcome<std::string> find_pin(const pkcs11::Uri& uri, const CertificateFiles& files, Passphrases& passphrases) {
  auto pin = uri.pin();
  if (!pin) return std::unexpected(pin.error());
  if (*pin) return **std::move(pin);
  if (files.passphrase_file) return read_first_line(*files.passphrase_file);
  if (const char* const from_environment = std::getenv(pin_variable)) return from_environment;
  const auto wanted = pkcs11::wants_pin(uri);
  if (!wanted) return std::unexpected(wanted.error());
  return *wanted ? passphrases.ask(Typed::pin, files.key) : std::string();
}

Outcome<sotto::CertificateChain> load_chain(const std::string& certificate) {
  if (pkcs11::is_uri(certificate)) {
    const auto uri = pkcs11::Uri::parse(certificate);
    if (!uri) return std::unexpected(uri.error());
    auto read = pkcs11::read_certificate(*uri);
    if (!read) return std::unexpected(read.error());
    return sotto::CertificateChain{*std::move(read)};
  }
  const auto text = read_file(certificate);
  if (!text) return std::unexpected(text.error());
  auto chain = sotto::Certificate::from_pem(*text);
  if (!chain) return failure(chain.error(), fmt::format("the certificate '{}'", pkcs11::shown(certificate)));
  return *std::move(chain);
}

Outcome<sotto::Credential> load_with_token(const CertificateFiles& files, Passphrases& passphrases,
                                           pkcs11::Keys& token_keys) {
  auto uri = pkcs11::Uri::parse(files.key);
  if (!uri) return std::unexpected(uri.error());
  auto chain = load_chain(files.certificate);
  if (!chain) return std::unexpected(chain.error());
  auto pin = find_pin(*uri, files, passphrases);
  if (!pin) return std::unexpected(pin.error());
  auto key = pkcs11::Key::find(*std::move(uri), *std::move(pin));
  if (!key) {
    passphrases.forget(files.key);
    return std::unexpected(key.error());
  }
  auto credential = pkcs11::make_credential(*std::move(chain), **key, files.certificate);
  if (credential) token_keys.add(*credential, *std::move(key));
  return credential;
}

/// Loads a key from a file; the certificate may be on a token.
sotto::Result<sotto::Credential> join_files(const CertificateFiles& files, const sotto::CertificateChain& chain,
                                            const sotto::PassphraseSource& source) {
  if (chain.empty()) return sotto::Credential::from_pem_files(files.certificate, files.key, source);
  auto key = read_file(files.key);
  if (!key) return std::unexpected(sotto::Error{sotto::Code::unreadable_file, sotto::Origin::caller, {}, {}, {}});
  auto credential = sotto::Credential::from_pem(chain.front().pem(), *key, source);
  wipe(*key);
  return credential;
}

}  // namespace

Passphrases::~Passphrases() {
  for (auto& [key, passphrase] : known_) wipe(passphrase);
}

Outcome<std::string> Passphrases::ask(Typed kind, const std::string& key) {
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  if (!may_ask_)
    return failure(
        ExitCode::configuration,
        kind == Typed::pin
            ? fmt::format("the key '{}' needs a PIN, and a gateway that runs asks for none: name a pin-source or a "
                          "passphrase file",
                          pkcs11::shown(key))
            : fmt::format("the key '{}' is encrypted, and a gateway that runs asks for no passphrase: name a "
                          "passphrase file",
                          pkcs11::shown(key)));
  auto typed = ask_secret(kind, fmt::format("the key '{}'", pkcs11::shown(key)));
  if (typed) known_.emplace(key, *typed);
  return typed;
}

void Passphrases::forget(const std::string& key) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  wipe(known->second);
  known_.erase(known);
}

Outcome<std::vector<CertificateFiles>> pair_files(const std::vector<std::string>& certificates,
                                                  const std::vector<std::string>& keys,
                                                  const std::vector<std::string>& passphrase_files,
                                                  const std::string& prefix) {
  if (certificates.size() != keys.size())
    return failure(ExitCode::usage,
                   fmt::format("each --{0}cert needs a --{0}key: there are {1} of the one and {2} of the other", prefix,
                               certificates.size(), keys.size()));
  if (passphrase_files.size() > 1 && passphrase_files.size() != keys.size())
    return failure(ExitCode::usage,
                   fmt::format("give one --passphrase-file for all keys, or one for each: there are {} for {} keys",
                               passphrase_files.size(), keys.size()));
  std::vector<CertificateFiles> pairs;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CertificateFiles files{certificates[i], keys[i], std::nullopt};
    if (!passphrase_files.empty())
      files.passphrase_file = passphrase_files.size() == 1 ? passphrase_files[0] : passphrase_files[i];
    pairs.push_back(std::move(files));
  }
  return pairs;
}

Outcome<sotto::Credential> load_credential(const CertificateFiles& files, Passphrases& passphrases,
                                           pkcs11::Keys& token_keys) {
  if (pkcs11::is_uri(files.key)) return load_with_token(files, passphrases, token_keys);
  sotto::CertificateChain chain;
  if (pkcs11::is_uri(files.certificate)) {
    auto loaded = load_chain(files.certificate);
    if (!loaded) return std::unexpected(loaded.error());
    chain = *std::move(loaded);
  }
  std::optional<Failure> no_passphrase;
  const auto source = [&]() -> sotto::Result<std::string> {
    auto passphrase =
        files.passphrase_file ? read_first_line(*files.passphrase_file) : passphrases.ask(Typed::passphrase, files.key);
    if (passphrase) return *std::move(passphrase);
    no_passphrase = passphrase.error();
    return std::unexpected(sotto::Error{sotto::Code::wrong_passphrase, sotto::Origin::caller, {}, {}, {}});
  };
  auto credential = join_files(files, chain, source);
  if (credential) return *std::move(credential);
  if (no_passphrase) return std::unexpected(*std::move(no_passphrase));
  if (credential.error().code == sotto::Code::wrong_passphrase) passphrases.forget(files.key);
  return failure(credential.error(), fmt::format("the certificate '{}' with the key '{}'",
                                                 pkcs11::shown(files.certificate), pkcs11::shown(files.key)));
}

}  // namespace program
