// Accepts the clients of one service and hands them out.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "log.hpp"
#include "net/listen.hpp"
#include "proxy/service.hpp"

namespace program {

class Listener {
 public:
  /// Takes a client over; may call `pause`.
  using HandOver = std::function<void(Descriptor, const Address&, const std::shared_ptr<const Service>&)>;

  /// Throws std::system_error if the sockets cannot be waited for.
  Listener(asio::io_context& context, Log& log, std::vector<ListeningSocket> sockets,
           std::shared_ptr<const Service> service, HandOver hand_over);

  /// Serves the clients that come from now on with `service`.
  void serve_with(std::shared_ptr<const Service> service) { service_ = std::move(service); }
  [[nodiscard]] const Service& service() const { return *service_; }
  /// Returns where it listens, as endpoints.
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Accepts, until `pause`.
  void resume();
  /// Makes sure that clients are waited for, unless it pauses or rests.
  void wait_for_clients();
  /// Accepts no more for now: clients wait in the system's queue.
  void pause() { paused_ = true; }

 private:
  struct Door {
    ListeningSocket socket;
    asio::posix::stream_descriptor readiness;  ///< a duplicate, for waiting only
    bool waiting = false;
  };
  void wait(Door& door);
  void accept(Door& door);
  void rest(const std::string& why);

  Log& log_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::shared_ptr<const Service> service_;
  HandOver hand_over_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point complained_{};
  bool resting_ = false;
  bool paused_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<bool>();  ///< a timer that has run out calls back even if cancelled
};

}  // namespace program
