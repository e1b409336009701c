#include "proxy/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <system_error>

#include <fmt/format.h>

#include "net/exhaustion.hpp"

namespace program {
namespace {

constexpr int accepts_in_a_turn = 64;
/// How long to wait when descriptors or memory have run out, and how often to say so.
constexpr auto rest_time = std::chrono::milliseconds(100);
constexpr auto complaint_interval = std::chrono::seconds(10);

}  // namespace

Listener::Listener(asio::io_context& context, Log& log, std::vector<ListeningSocket> sockets,
                   std::shared_ptr<const Service> service, HandOver hand_over)
    : log_(log), service_(std::move(service)), hand_over_(std::move(hand_over)), timer_(context) {
  for (auto& socket : sockets) {
    const auto duplicate = ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) throw std::system_error(errno, std::system_category());
    doors_.push_back(std::make_unique<Door>(std::move(socket), asio::posix::stream_descriptor(context, duplicate)));
  }
}

std::vector<std::string> Listener::addresses() const {
  std::vector<std::string> texts;
  for (const auto& door : doors_) {
    const auto address = door->socket.address().text();
    texts.push_back(address.starts_with("unix:") ? address : service_->settings.from.scheme() + "://" + address);
  }
  return texts;
}

void Listener::resume() {
  paused_ = false;
  wait_for_clients();
}

void Listener::wait_for_clients() {
  for (const auto& door : doors_) wait(*door);
}

void Listener::wait(Door& door) {
  if (door.waiting || resting_ || paused_) return;
  door.readiness.async_wait(asio::posix::stream_descriptor::wait_read, [this, &door](const std::error_code& error) {
    if (error) return;  // the listener is being destroyed
    door.waiting = false;
    accept(door);
    wait(door);
  });
  door.waiting = true;  // not before: there may be no memory to wait
}

void Listener::accept(Door& door) {
  for (int turn = 0; turn < accepts_in_a_turn && !paused_; ++turn) {
    Address address;
    address.length = sizeof address.storage;
    Descriptor client(::accept4(door.socket.descriptor(), reinterpret_cast<sockaddr*>(&address.storage),
                                &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      try {
        hand_over_(std::move(client), address, service_);
      } catch (const std::bad_alloc&) {
        return rest(std::system_category().message(ENOMEM));  // and that client is closed
      }
      continue;
    }
    if (errno == EAGAIN) return;
    // What else fails concerns the one client (accept(2)).
    if (is_exhaustion(errno)) return rest(std::system_category().message(errno));
  }
}

/// Clients wait in the backlog until something has been freed.
void Listener::rest(const std::string& why) {
  const auto now = std::chrono::steady_clock::now();
  if (now - complained_ > complaint_interval) {
    complained_ = now;
    log_.warning(fmt::format("{}: new clients must wait: {}", service_->settings.name, why));
  }
  timer_.expires_after(rest_time);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    resting_ = false;
    wait_for_clients();
  });
  resting_ = true;
}

}  // namespace program
