#include "credentials.hpp"

#include <fmt/format.h>

#include "files.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace program {
namespace {

Outcome<std::string> read_passphrase(const std::filesystem::path& file) {
  auto content = read_file(file);
  if (!content) return content;
  auto line = content->substr(0, content->find_first_of("\r\n"));
  wipe(*content);
  return line;
}

}  // namespace

Passphrases::~Passphrases() {
  for (auto& [key, passphrase] : known_) wipe(passphrase);
}

Outcome<std::string> Passphrases::ask(const std::filesystem::path& key) {
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  if (!may_ask_)
    return failure(ExitCode::configuration,
                   fmt::format("the key '{}' is encrypted, and a gateway that runs asks for no "
                               "passphrase: name a passphrase file",
                               printable(key.string())));
  auto passphrase = ask_passphrase(fmt::format("the key '{}'", printable(key.string())));
  if (passphrase) known_.emplace(key, *passphrase);
  return passphrase;
}

void Passphrases::forget(const std::filesystem::path& key) {
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

Outcome<sotto::Credential> load_credential(const CertificateFiles& files, Passphrases& passphrases) {
  std::optional<Failure> no_passphrase;
  const auto source = [&]() -> sotto::Result<std::string> {
    auto passphrase = files.passphrase_file ? read_passphrase(*files.passphrase_file) : passphrases.ask(files.key);
    if (passphrase) return *std::move(passphrase);
    no_passphrase = passphrase.error();
    return std::unexpected(sotto::Error{sotto::Code::wrong_passphrase, sotto::Origin::caller, {}, {}, {}});
  };
  auto credential = sotto::Credential::from_pem_files(files.certificate, files.key, source);
  if (credential) return *std::move(credential);
  if (no_passphrase) return std::unexpected(*std::move(no_passphrase));
  if (credential.error().code == sotto::Code::wrong_passphrase) passphrases.forget(files.key);
  return failure(credential.error(), fmt::format("the certificate '{}' with the key '{}'",
                                                 printable(files.certificate.string()), printable(files.key.string())));
}

}  // namespace program
