#include "sessions.hpp"

#include <algorithm>
#include <utility>

namespace sotto::bogo {

void Sessions::put(const std::string&, Session session) {
  got_new_ |= session.serialize() != offered_;
  newest_.emplace(std::move(session));
}

std::optional<Session> Sessions::take(const std::string&) {
  auto offered = std::exchange(newest_, std::nullopt);
  if (offered) offered_ = offered->serialize();
  return offered;
}

void Sessions::remove(const std::string&, std::span<const std::byte> id) {
  if (newest_ && std::ranges::equal(newest_->id().value(), id)) newest_.reset();
}

void Sessions::begin() {
  got_new_ = false;
  offered_.clear();
}

}  // namespace sotto::bogo
