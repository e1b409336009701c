// Certificates with their keys, as flags and configuration files name them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sotto/credential.hpp>

#include "failure.hpp"

namespace program {

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::optional<std::filesystem::path> passphrase_file;
};

/// Remembers passphrases that were typed, so that a reload need not ask again; wiped at the end.
class Passphrases {
 public:
  Passphrases() = default;
  Passphrases(const Passphrases&) = delete;
  Passphrases& operator=(const Passphrases&) = delete;
  ~Passphrases();
  /// Returns the passphrase of `key`: from before, or asked for on the terminal.
  Outcome<std::string> ask(const std::filesystem::path& key);
  /// Asks no more: from now on only what is known helps.
  void stop_asking() { may_ask_ = false; }
  /// Forgets the passphrase of `key`, which did not fit.
  void forget(const std::filesystem::path& key);

 private:
  std::map<std::filesystem::path, std::string> known_;
  bool may_ask_ = true;
};

/// Pairs the values of repeated --cert, --key and --passphrase-file flags (`prefix` stands before their names, such as
/// "backend-"). One passphrase file serves all keys.
Outcome<std::vector<CertificateFiles>> pair_files(const std::vector<std::string>& certificates,
                                                  const std::vector<std::string>& keys,
                                                  const std::vector<std::string>& passphrase_files,
                                                  const std::string& prefix = {});

/// Loads one certificate with its key; the failure names the file.
Outcome<sotto::Credential> load_credential(const CertificateFiles& files, Passphrases& passphrases);

}  // namespace program
