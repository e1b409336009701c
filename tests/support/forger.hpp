/// \file
/// Forges protected records of an established connection, by the secrets in its key log.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <sotto/trace.hpp>

#include "record/protection.hpp"
#include "support/hex.hpp"

namespace sotto::test {

/// Keeps the secrets of the last connection, by label.
class KeptKeyLog final : public danger::KeyLog {
 public:
  void write(std::string_view line) override {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    secrets[std::string(line.substr(0, first))] = std::string(line.substr(second + 1));
    lines.emplace_back(line);
  }
  std::map<std::string, std::string> secrets;
  std::vector<std::string> lines;
};

/// Seals records as one side would, from sequence number zero: the connection must not have sent any before.
class Forger {
 public:
  Forger(const KeptKeyLog& log, const std::string& label, CipherSuite suite = CipherSuite::TLS_AES_128_GCM_SHA256)
      : secret_{keys::find_suite(suite), crypto::HashSecret(from_hex(log.secrets.at(label)))},
        sealer_(record::Sealer::create(secret_).value()) {}

  void append(record::ContentType type, View content, Buffer& out) {
    if (!sealer_.seal(type, content, {}, out)) throw std::logic_error("the record could not be sealed");
  }
  void append_hex(record::ContentType type, std::string_view content, Buffer& out) {
    append(type, from_hex(content), out);
  }
  /// Goes on with the keys that follow a KeyUpdate.
  void update() {
    secret_ = secret_.next().value();
    sealer_ = record::Sealer::create(secret_).value();
  }

 private:
  keys::TrafficSecret secret_;
  record::Sealer sealer_;
};

}  // namespace sotto::test
