/// \file
/// Where a client's session goes between two connections.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sotto/session.hpp>

namespace sotto::bogo {

/// Offers the one session of the connection before, and keeps the newest of this one.
class Sessions final : public SessionStore {
 public:
  void put(const std::string& server, Session session) override;
  std::optional<Session> take(const std::string& server) override;
  void remove(const std::string& server, std::span<const std::byte> id) override;

  /// Begins another connection.
  void begin();
  /// Says whether the connection gave a session that was not offered to it.
  [[nodiscard]] bool got_new() const { return got_new_; }
  /// Says whether the newest session lets early data be sent.
  [[nodiscard]] bool newest_allows_early_data() const { return newest_ && newest_->max_early_data_size() > 0; }
  /// Says whether there is a session to offer.
  [[nodiscard]] bool has_any() const { return newest_.has_value(); }

 private:
  std::optional<Session> newest_;
  std::vector<std::byte> offered_;
  bool got_new_ = false;
};

}  // namespace sotto::bogo
