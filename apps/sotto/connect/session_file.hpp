// The session of --resume, in a file of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sotto/session.hpp>

#include "failure.hpp"

namespace program {

/// Offers the session that a file holds, once, and keeps the newest one that the server gives. For one thread.
class SessionFile : public sotto::SessionStore {
 public:
  /// Reads `file` if it is there and not empty. The failure names the file.
  static Outcome<std::shared_ptr<SessionFile>> open(std::filesystem::path file);

  void put(const std::string& server, sotto::Session session) override;
  std::optional<sotto::Session> take(const std::string& server) override;
  void remove(const std::string& server, std::span<const std::byte> id) override;

  /// Says whether there is a session to offer to `server`.
  [[nodiscard]] bool has_session_for(const std::string& server) const;
  /// Writes the newest session to the file (mode 0600), if the server gave one. The file of a session that a failed
  /// connection used is deleted (RFC 5246, 7.2.2).
  Outcome<void> save();

 private:
  explicit SessionFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  std::optional<sotto::Session> offered_;
  std::optional<sotto::Session> newest_;
  bool removed_ = false;
};

}  // namespace program
