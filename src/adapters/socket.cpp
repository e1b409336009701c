#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <sotto/adapter/engine.hpp>
#include <sotto/socket.hpp>

#include "adapters/tcp.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"

namespace sotto::inline v0 {

using adapter::Engine;
using adapter::Next;
using adapter::Progress;

struct Socket::Impl {
  tcp::Descriptor descriptor;
  Engine engine;
  std::chrono::milliseconds read_timeout;
  std::chrono::milliseconds write_timeout;

  Impl(tcp::Descriptor socket, Engine connection, const SocketOptions& options)
      : descriptor(std::move(socket)),
        engine(std::move(connection)),
        read_timeout(options.read_timeout),
        write_timeout(options.write_timeout) {
    if (!options.answer) return;
    engine.on_question([this, answer = options.answer](const Question& question) {
      // A refused answer leaves the question open, and `run` reports that.
      (void)engine.answer(question.id, answer(question));
    });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static Result<std::unique_ptr<Impl>> shake_hands(tcp::Descriptor socket, Engine engine, const SocketOptions& options);

  // Runs one operation of the engine to its end.
  template <class Operation>
  [[nodiscard]] Result<Progress> run(Operation operation, tcp::Deadline deadline) {
    for (;;) {
      const Progress progress = operation();
      switch (progress.next) {
        case Next::done:
        case Next::ended: return progress;
        case Next::failed: return std::unexpected(*engine.error());
        case Next::await_answer: return fail(Code::wrong_answer, "the question of the handshake is still open");
        case Next::write_output:
          if (auto sent = send(deadline); !sent) return std::unexpected(std::move(sent.error()));
          break;
        case Next::read_input:
          if (auto received = receive(deadline); !received) return std::unexpected(std::move(received.error()));
          break;
      }
    }
  }

  [[nodiscard]] Result<void> send(tcp::Deadline deadline) {
    while (engine.has_output()) {
      const auto sent = tcp::send(descriptor.get(), engine.begin_write(), deadline);
      engine.end_write(sent.value_or(0));
      if (sent) continue;
      // The reason why the connection ended is worth more than that its alert could not be sent.
      return std::unexpected(engine.is_broken() ? *engine.error() : sent.error());
    }
    return {};
  }

  [[nodiscard]] Result<void> receive(tcp::Deadline deadline) {
    if (auto sent = send(deadline); !sent && (sent.error().code == Code::timed_out || !engine.lose_output()))
      return sent;
    if (engine.is_idle())
      if (auto ready = tcp::wait_readable(descriptor.get(), deadline); !ready) return ready;
    const auto room = engine.begin_read();
    if (room.empty()) return std::unexpected(*engine.error());
    const auto received = tcp::receive(descriptor.get(), room, deadline);
    engine.end_read(received.value_or(0));
    if (!received) return std::unexpected(received.error());
    if (*received == 0) engine.input_ended();
    return {};
  }
};

Result<std::unique_ptr<Socket::Impl>> Socket::Impl::shake_hands(tcp::Descriptor socket, Engine engine,
                                                                const SocketOptions& options) {
  auto impl = std::make_unique<Impl>(std::move(socket), std::move(engine), options);
  auto done = impl->run([&] { return impl->engine.handshake(); }, tcp::deadline_in(options.handshake_timeout));
  if (!done) {
    auto error = std::move(done.error());
    if (error.code == Code::timed_out && error.detail.empty()) error.detail = "the handshake was not completed in time";
    return std::unexpected(std::move(error));
  }
  if (done->next == Next::ended) return fail(Code::truncated, "the peer closed the connection during the handshake");
  impl->engine.on_question({});
  return impl;
}

Socket::Socket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::~Socket() = default;

Result<Socket> Socket::connect(std::shared_ptr<const ClientConfig> config, std::string_view host, std::uint16_t port,
                               SocketOptions options) {
  return contain([&]() -> Result<Socket> {
    const ServerName name(host);
    if (auto usable = name.check(); !usable) return std::unexpected(std::move(usable.error()));
    auto descriptor = tcp::connect(name.text(), port, tcp::deadline_in(options.connect_timeout));
    if (!descriptor) return std::unexpected(std::move(descriptor.error()));
    Engine engine(std::move(config), options.server_name.value_or(name), {.trace = options.trace});
    auto impl = Impl::shake_hands(std::move(*descriptor), std::move(engine), options);
    if (!impl) return std::unexpected(std::move(impl.error()));
    return Socket(std::move(*impl));
  });
}

Result<Socket> Socket::connect(std::shared_ptr<const ClientConfig> config, int descriptor, const ServerName& name,
                               SocketOptions options) {
  return contain([&]() -> Result<Socket> {
    tcp::Descriptor owned(descriptor);
    Engine engine(std::move(config), options.server_name.value_or(name), {.trace = options.trace});
    auto impl = Impl::shake_hands(std::move(owned), std::move(engine), options);
    if (!impl) return std::unexpected(std::move(impl.error()));
    return Socket(std::move(*impl));
  });
}

Result<Socket> Socket::accept(std::shared_ptr<const ServerConfig> config, int descriptor, SocketOptions options) {
  return contain([&]() -> Result<Socket> {
    tcp::Descriptor owned(descriptor);
    auto impl = Impl::shake_hands(std::move(owned), Engine(std::move(config), {.trace = options.trace}), options);
    if (!impl) return std::unexpected(std::move(impl.error()));
    return Socket(std::move(*impl));
  });
}

Result<std::size_t> Socket::read(std::span<std::byte> buffer) {
  return contain([&]() -> Result<std::size_t> {
    auto read = impl_->run([&] { return impl_->engine.read(buffer); }, tcp::deadline_in(impl_->read_timeout));
    if (!read) return std::unexpected(std::move(read.error()));
    return read->count;
  });
}

Result<std::size_t> Socket::write(std::span<const std::byte> data) {
  return contain([&]() -> Result<std::size_t> {
    // Four full records: one call of the kernel, and a bound on what is held for a slow peer.
    const auto front = data.first(std::min<std::size_t>(data.size(), 65536));
    const auto queued = impl_->engine.write(front);
    if (queued.next == Next::failed) return std::unexpected(*impl_->engine.error());
    auto flushed = impl_->run([&] { return impl_->engine.flush(); }, tcp::deadline_in(impl_->write_timeout));
    if (!flushed) return std::unexpected(std::move(flushed.error()));
    return front.size();
  });
}

Result<void> Socket::write_all(std::span<const std::byte> data) {
  return contain([&]() -> Result<void> {
    while (!data.empty()) {
      auto written = write(data);
      if (!written) return std::unexpected(std::move(written.error()));
      data = data.subspan(*written);
    }
    return {};
  });
}

Result<void> Socket::close() {
  return contain([&]() -> Result<void> {
    auto closed = impl_->run([&] { return impl_->engine.close(); }, tcp::deadline_in(impl_->write_timeout));
    if (!closed) return std::unexpected(std::move(closed.error()));
    return {};
  });
}

const Summary& Socket::summary() const { return impl_->engine.summary(); }
const Connection& Socket::connection() const { return *impl_->engine.connection(); }
int Socket::native_handle() const { return impl_->descriptor.get(); }

void Socket::set_timeouts(std::chrono::milliseconds read, std::chrono::milliseconds write) {
  impl_->read_timeout = read;
  impl_->write_timeout = write;
}

}  // namespace sotto::inline v0
