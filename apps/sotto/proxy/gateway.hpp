// The gateway: listeners and signals on the main thread, connections on the workers.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "log.hpp"
#include "pkcs11/threads.hpp"
#include "proxy/listener.hpp"
#include "proxy/settings.hpp"
#include "proxy/worker.hpp"

namespace program {

class Gateway {
 public:
  /// Returns the settings once more, for a reload.
  using ReadSettings = std::function<Outcome<ProxySettings>()>;

  Gateway(Log& log, ProxySettings settings, ReadSettings read_settings);
  ~Gateway();

  /// Loads everything and listens.
  Outcome<void> start();
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Serves until a signal ends it and its connections are done.
  void run();

 private:
  using Services = std::vector<std::shared_ptr<const Service>>;
  using Listeners = std::map<std::string, std::unique_ptr<Listener>>;  ///< by the endpoint as it was asked for

  Outcome<Services> load(const ProxySettings& settings);
  Outcome<void> open(Services services);
  Outcome<std::unique_ptr<Listener>> make_listener(std::shared_ptr<const Service> service);
  std::size_t connection_limit() const;
  void hand_over(Descriptor client, const Address& address, const std::shared_ptr<const Service>& service);
  void on_connection_finished();
  void resume_listeners();
  void run_until_memory_is_missing();
  void wait_for_signal();
  void reload();
  Outcome<void> read_and_open();
  void refresh_backends_later();
  void refresh_backends();
  void refresh_backend(const Service& service);
  void stop();
  void give_up_draining();
  void leave_if_drained();

  Log& log_;
  ProxySettings settings_;
  ReadSettings read_settings_;
  Surroundings surroundings_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::steady_timer refresh_timer_;
  asio::steady_timer drain_timer_;
  Services services_;
  std::atomic<std::size_t> active_ = 0;
  std::atomic<bool> paused_ = false;
  bool waiting_for_signal_ = false;
  std::atomic<bool> draining_ = false;
  std::size_t max_connections_ = 0;
  std::size_t next_worker_ = 0;
  Listeners listeners_;
  pkcs11::Threads token_threads_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::thread resolver_;
  std::atomic<bool> resolving_ = false;
};

}  // namespace program
