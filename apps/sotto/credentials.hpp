// Certificates with their keys, as flags and configuration files name them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sotto/credential.hpp>

#include "failure.hpp"
#include "pkcs11/keys.hpp"
#include "terminal.hpp"

namespace program {

struct CertificateFiles {
  std::string certificate;                               ///< a file or a pkcs11: URI
  std::string key;                                       ///< a file or a pkcs11: URI
  std::optional<std::filesystem::path> passphrase_file;  ///< holds the passphrase, or the PIN of the key's token
};

/// Remembers passphrases and PINs that were typed, so that a reload need not ask again; wiped at the end.
class Passphrases {
 public:
  Passphrases() = default;
  Passphrases(const Passphrases&) = delete;
  Passphrases& operator=(const Passphrases&) = delete;
  ~Passphrases();
  /// Returns what opens `key`: from before, or asked for on the terminal.
  Outcome<std::string> ask(Typed kind, const std::string& key);
  /// Asks no more: from now on only what is known helps.
  void stop_asking() { may_ask_ = false; }
  /// Forgets what should have opened `key` and did not.
  void forget(const std::string& key);

 private:
  std::map<std::string, std::string> known_;
  bool may_ask_ = true;
};

/// Pairs the values of repeated --cert, --key and --passphrase-file flags (`prefix` stands before their names, such as
/// "backend-"). One passphrase file serves all keys.
Outcome<std::vector<CertificateFiles>> pair_files(const std::vector<std::string>& certificates,
                                                  const std::vector<std::string>& keys,
                                                  const std::vector<std::string>& passphrase_files,
                                                  const std::string& prefix = {});

/// Loads one certificate with its key; the failure names the file. A key on a token is added to `token_keys`, which
/// answers for it.
Outcome<sotto::Credential> load_credential(const CertificateFiles& files, Passphrases& passphrases,
                                           pkcs11::Keys& token_keys);

}  // namespace program
