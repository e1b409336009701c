// A thread with an event loop of its own, and the relays that live on it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <sotto/buffer.hpp>

#include "descriptor.hpp"
#include "log.hpp"
#include "net/address.hpp"
#include "pkcs11/threads.hpp"
#include "proxy/deadlines.hpp"
#include "proxy/service.hpp"

namespace program {

class Relay;

class Worker {
 public:
  /// `on_finished` is called on this worker's thread after each connection.
  Worker(Log& log, pkcs11::Threads& token_threads, std::function<void()> on_finished);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From any thread.

  /// Takes a client that was just accepted.
  void adopt(Descriptor client, const Address& address, std::shared_ptr<const Service> service);
  /// Ends every connection at once.
  void abort_all(const std::string& reason);
  /// Ends the loop; the destructor waits for the thread.
  void stop();

  // For relays, on this worker's thread.

  [[nodiscard]] asio::io_context& context() { return context_; }
  [[nodiscard]] Log& log() { return log_; }
  /// Returns the threads that wait for tokens.
  [[nodiscard]] pkcs11::Threads& token_threads() { return token_threads_; }
  /// Returns the memory that every read of this thread goes to.
  [[nodiscard]] std::span<std::byte> scratch() { return scratch_; }
  /// Returns the buffer for what TLS itself has to say: handshake messages, alerts, key updates.
  [[nodiscard]] sotto::Buffer& control() { return control_; }
  /// Returns the buffer for sealed application data.
  [[nodiscard]] sotto::Buffer& sealed() { return sealed_; }
  /// Returns the list of what one read gave, to be passed on.
  [[nodiscard]] std::vector<asio::const_buffer>& chunks() { return chunks_; }
  void set_deadline(std::uint64_t id, Deadline& deadline, Deadline::Time at);
  void forget(std::uint64_t id);

 private:
  void run();
  void take(Descriptor client, const Address& address, std::shared_ptr<const Service> service);
  [[nodiscard]] std::shared_ptr<Relay> make_relay(Descriptor client, const Address& address,
                                                  std::shared_ptr<const Service> service);
  void wait_for_deadline();
  void check_deadlines();

  Log& log_;
  pkcs11::Threads& token_threads_;
  std::function<void()> on_finished_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  Deadline::Time timer_set_ = Deadline::Time::max();
  Deadlines deadlines_;
  std::vector<std::byte> scratch_;
  sotto::Buffer control_;
  sotto::Buffer sealed_;
  std::vector<asio::const_buffer> chunks_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Relay>> relays_;
  std::uint64_t next_id_ = 0;
  std::thread thread_;
};

}  // namespace program
