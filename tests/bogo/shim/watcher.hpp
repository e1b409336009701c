/// \file
/// What happened on a connection, in the words of the runner, and its secrets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sotto/trace.hpp>

namespace sotto::bogo {

/// Writes down each message, such as "write hs 1".
class Watcher final : public Trace {
 public:
  void on(const TraceEvent& event) override;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Keeps the secrets of the last connection, by label.
class Secrets final : public danger::KeyLog {
 public:
  void write(std::string_view line) override;
  /// Returns the secret of that label; empty if there is none.
  [[nodiscard]] std::vector<std::byte> find(const std::string& label) const;

 private:
  std::map<std::string, std::string> hexadecimal_;
};

}  // namespace sotto::bogo
