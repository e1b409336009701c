#include "proxy/worker.hpp"

#include <pthread.h>
#include <signal.h>

#include <fmt/format.h>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include "proxy/relay.hpp"

namespace program {
namespace {

/// Eight records of the greatest size, with room for one that is incomplete.
constexpr std::size_t scratch_size = 9 * (16384 + 256 + 5);

/// Deadlines need not be kept to the millisecond; fewer wake-ups are worth more.
constexpr auto tick = std::chrono::milliseconds(50);

/// Signals belong to the main thread.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Worker::Worker(Log& log, pkcs11::Threads& token_threads, std::function<void()> on_finished)
    : log_(log),
      token_threads_(token_threads),
      on_finished_(std::move(on_finished)),
      work_(asio::make_work_guard(context_)),
      timer_(context_),
      scratch_(scratch_size),
      thread_([this] {
        block_signals();
        run();
      }) {}

Worker::~Worker() {
  stop();
  thread_.join();
}

/// What one connection throws must not be the end of the others: it has been cut, and the loop goes on.
void Worker::run() {
  while (!context_.stopped()) {
    try {
      wait_for_deadline();
      context_.run();
    } catch (const std::exception& error) {
      log_.complain_of(error);
    }
  }
}

void Worker::adopt(Descriptor client, const Address& address, std::shared_ptr<const Service> service) {
  auto descriptor = std::make_shared<Descriptor>(std::move(client));
  asio::post(context_, [this, descriptor, address, service = std::move(service)]() mutable {
    take(std::move(*descriptor), address, std::move(service));
  });
}

void Worker::take(Descriptor client, const Address& address, std::shared_ptr<const Service> service) {
  std::shared_ptr<Relay> relay;
  try {
    relay = make_relay(std::move(client), address, std::move(service));
  } catch (const std::exception& error) {
    log_.complain_of(error);
  }
  if (!relay) return on_finished_();
  relay->start();
}

/// Returns null for a client that cannot be served, which is then closed.
std::shared_ptr<Relay> Worker::make_relay(Descriptor client, const Address& address,
                                          std::shared_ptr<const Service> service) {
  std::error_code error;
  Socket socket(context_);
  socket.assign(asio::generic::stream_protocol(address.family(), 0), client.value(), error);
  if (error) {
    log_.error(fmt::format("{}: a connection from {} could not be taken: {}", service->settings.name, address.text(),
                           error.message()));
    return nullptr;
  }
  client.release();
  socket.non_blocking(true, error);
  if (address.family() != AF_UNIX) socket.set_option(asio::ip::tcp::no_delay(true), error);
  const auto id = next_id_++;
  auto relay = std::make_shared<Relay>(*this, id, std::move(socket), address.text(), std::move(service));
  relays_.emplace(id, relay);
  return relay;
}

void Worker::abort_all(const std::string& reason) {
  asio::post(context_, [this, reason] {
    std::vector<std::shared_ptr<Relay>> all;
    for (const auto& [id, relay] : relays_) all.push_back(relay);
    for (const auto& relay : all) relay->abort(reason);
  });
}

void Worker::stop() { context_.stop(); }

void Worker::forget(std::uint64_t id) {
  if (relays_.erase(id) != 0) on_finished_();
}

void Worker::set_deadline(std::uint64_t id, Deadline& deadline, Deadline::Time at) {
  deadlines_.set(id, deadline, at);
  wait_for_deadline();
}

void Worker::wait_for_deadline() {
  const auto next = deadlines_.next();
  if (!next || *next >= timer_set_) return;
  timer_set_ = Deadline::Time::max();  // until it is really waited for
  timer_.expires_at(*next + tick);
  timer_.async_wait([this](const std::error_code& error) {
    if (error) return;  // an earlier deadline took the timer over
    check_deadlines();
  });
  timer_set_ = *next;
}

void Worker::check_deadlines() {
  timer_set_ = Deadline::Time::max();
  const auto find = [this](std::uint64_t id) -> Deadline* {
    const auto relay = relays_.find(id);
    return relay == relays_.end() ? nullptr : &relay->second->deadline();
  };
  const auto now = std::chrono::steady_clock::now();
  while (const auto id = deadlines_.take_expired(now, find)) {
    const auto found = relays_.find(*id);
    if (found == relays_.end()) continue;
    const auto relay = found->second;  // it may leave the map on the way
    relay->on_deadline();
  }
  wait_for_deadline();
}

}  // namespace program
