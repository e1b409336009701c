/// \file
/// The operations of an Asio stream: what each asks of the engine, and how an asynchronous one goes on from wait to
/// wait.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <sotto/adapter/engine.hpp>

namespace sotto::inline v0::adapter {

struct HandshakeStep {
  static constexpr bool counts = false;
  static constexpr bool reads = false;
  Progress operator()(Engine& engine) { return engine.handshake(); }
};
struct CloseStep {
  static constexpr bool counts = false;
  static constexpr bool reads = false;
  Progress operator()(Engine& engine) { return engine.close(); }
};
struct ShutdownStep {
  static constexpr bool counts = false;
  static constexpr bool reads = false;
  Progress operator()(Engine& engine) { return engine.shutdown(); }
};
class UpdateKeysStep {
 public:
  static constexpr bool counts = false;
  static constexpr bool reads = false;
  explicit UpdateKeysStep(Connection::UpdateKeys which) : which_(which) {}
  Progress operator()(Engine& engine) {
    return std::exchange(queued_, true) ? engine.flush() : engine.update_keys(which_);
  }

 private:
  Connection::UpdateKeys which_;
  bool queued_ = false;
};

/// Fills a sequence of buffers with what there is, once there is anything.
template <class Net, class MutableBuffers>
class ReadStep {
 public:
  static constexpr bool counts = true;
  static constexpr bool reads = true;
  explicit ReadStep(const MutableBuffers& buffers) : buffers_(buffers) {}

  Progress operator()(Engine& engine) {
    std::size_t count = 0;
    for (auto it = Net::begin(buffers_); it != Net::end(buffers_); ++it) {
      const auto into = Net::bytes(typename Net::mutable_buffer(*it));
      const auto progress = engine.read(into);
      count += progress.count;
      if (progress.next == Next::done && progress.count == into.size()) continue;
      return count != 0 ? Progress{Next::done, count} : progress;
    }
    return {Next::done, count};
  }

 private:
  MutableBuffers buffers_;
};

/// Seals data of a sequence of buffers once, then sends it.
template <class Net, class ConstBuffers>
class WriteStep {
 public:
  static constexpr bool counts = true;
  static constexpr bool reads = false;
  /// `sealed`: octets at the front of `buffers` that an interrupted call has already sealed.
  explicit WriteStep(const ConstBuffers& buffers, std::size_t sealed = 0) : buffers_(buffers), sealed_(sealed) {}
  [[nodiscard]] std::size_t sealed() const { return sealed_; }

  Progress operator()(Engine& engine) {
    if (sealed_ == 0) {
      const auto written = seal(engine);
      if (written.next != Next::done) return written;
      sealed_ = written.count;
      if (sealed_ == 0) return {};
    }
    const auto flushed = engine.flush();
    return flushed.next == Next::done ? Progress{Next::done, sealed_} : flushed;
  }

 private:
  // One call takes so much: four full records, which Asio's own `async_write` hands over at a time.
  static constexpr std::size_t most = 65536;
  // What is smaller is gathered, so that a header and a body share a record.
  static constexpr std::size_t small = 4096;
  static constexpr std::size_t one_record = 16384;

  Progress seal(Engine& engine) {
    const auto first = this->first();
    if (first.size() >= small || first.size() == total())
      return engine.write(first.first(std::min(first.size(), most)));
    const auto gathered = room_for_one_record();
    if (!gathered) return engine.write(first);  // then they share none
    std::size_t count = 0;
    for (auto it = Net::begin(buffers_); it != Net::end(buffers_) && count < one_record; ++it) {
      const auto bytes = Net::bytes(typename Net::const_buffer(*it));
      const auto taken = std::min(bytes.size(), one_record - count);
      if (taken != 0) std::memcpy(gathered.get() + count, bytes.data(), taken);
      count += taken;
    }
    return engine.write({gathered.get(), count});
  }
  static std::unique_ptr<std::byte[]> room_for_one_record() {
    try {
      return std::make_unique_for_overwrite<std::byte[]>(one_record);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  std::span<const std::byte> first() const {
    for (auto it = Net::begin(buffers_); it != Net::end(buffers_); ++it)
      if (const auto bytes = Net::bytes(typename Net::const_buffer(*it)); !bytes.empty()) return bytes;
    return {};
  }
  std::size_t total() const {
    std::size_t sum = 0;
    for (auto it = Net::begin(buffers_); it != Net::end(buffers_); ++it) sum += typename Net::const_buffer(*it).size();
    return sum;
  }

  ConstBuffers buffers_;
  std::size_t sealed_;
};

/// Says that a transport can tell when it is readable, so that a read need not hold a buffer while it waits.
template <class Layer>
concept WaitsForInput = requires { Layer::wait_read; };

/// Runs one step to its end: the implementation of a composed operation. Its handlers run where the completion
/// handler's executor wants them; at most one transport read and one transport write are under way for all operations
/// of a stream.
template <class Net, class StreamType, class Step>
class Operation {
 public:
  using error_code = typename Net::error_code;
  Operation(StreamType& stream, Step step) : stream_(&stream), step_(std::move(step)) {}

  template <class Self>
  void operator()(Self& self, error_code error = {}, std::size_t count = 0) {
    const auto waited = std::exchange(waits_for_, Wait::nothing);
    if (waited == Wait::post) return complete(self, outcome_, count_);
    if (!settle(self, waited, error, count)) return finish(self, error, 0, waited);
    const Progress progress = step_(stream_->engine_);
    switch (progress.next) {
      case Next::done: return finish(self, {}, progress.count, waited);
      case Next::ended: return finish(self, Net::eof(), 0, waited);
      case Next::failed: return finish(self, Net::failure(stream_->engine_), 0, waited);
      case Next::await_answer: return wait_for_turn(self, waited);
      case Next::write_output: return write(self, waited);
      case Next::read_input: return read(self, waited);
    }
  }

 private:
  enum class Wait : std::uint8_t { nothing, post, turn, writing, reading, readable };

  // Takes note of what has just happened. Returns false where that ends the operation, with `error` set.
  template <class Self>
  bool settle(Self& self, Wait waited, error_code& error, std::size_t count) {
    auto& engine = stream_->engine_;
    switch (waited) {
      case Wait::nothing:
      case Wait::post: return true;
      case Wait::turn:
        // Waking is cancelling; only a cancellation of the operation itself is one.
        error = Net::is_cancelled(self) ? Net::aborted() : error_code();
        return !error;
      case Wait::writing:
        engine.end_write(count);
        // Reading goes on where nothing can be sent any more: what has arrived counts.
        if (Step::reads && error && !Net::is_cancelled(self) && engine.lose_output()) error = {};
        break;
      case Wait::readable: engine.end_wait(); break;
      case Wait::reading:
        engine.end_read(count);
        if (!Net::is_eof(error)) break;
        engine.input_ended();
        error = {};
        break;
    }
    stream_->wake();
    // The reason why the connection ended is worth more than that its alert could not be sent.
    if (error && engine.is_broken()) error = Net::failure(engine);
    return !error;
  }

  template <class Self>
  void write(Self& self, Wait waited) {
    auto& engine = stream_->engine_;
    if (engine.is_writing()) return wait_for_turn(self, waited);
    waits_for_ = Wait::writing;
    const auto buffer = Net::buffer(engine.begin_write());
    stream_->next_.async_write_some(buffer, std::move(self));
  }

  template <class Self>
  void read(Self& self, Wait waited) {
    auto& engine = stream_->engine_;
    // While a write is under way its operation sends the rest too: reading goes on, or two busy writers would wait for
    // each other's readers.
    if (engine.has_output() && !engine.is_writing()) return write(self, waited);
    if (engine.is_reading()) return wait_for_turn(self, waited);
    auto& next = stream_->next_;
    using Layer = std::remove_reference_t<decltype(next)>;
    if constexpr (WaitsForInput<Layer>) {
      if (engine.is_idle() && waited != Wait::readable) {
        engine.begin_wait();
        waits_for_ = Wait::readable;
        return next.async_wait(Layer::wait_read, std::move(self));
      }
    }
    const auto room = engine.begin_read();
    if (room.empty()) return finish(self, Net::failure(engine), 0, waited);  // there is no memory for it
    waits_for_ = Wait::reading;
    next.async_read_some(Net::buffer(room), std::move(self));
  }

  template <class Self>
  void wait_for_turn(Self& self, Wait waited) {
    auto* const turn = stream_->turn();
    if (turn == nullptr) return finish(self, Net::to_error_code(Code::internal_error), 0, waited);
    waits_for_ = Wait::turn;
    turn->async_wait(std::move(self));
  }

  // A handler never runs inside the call that starts the operation.
  template <class Self>
  void finish(Self& self, error_code error, std::size_t count, Wait waited) {
    if (waited != Wait::nothing) return complete(self, error, count);
    outcome_ = error;
    count_ = count;
    waits_for_ = Wait::post;
    Net::post(std::move(self));
  }

  template <class Self>
  static void complete(Self& self, error_code error, std::size_t count) {
    if constexpr (Step::counts) {
      self.complete(error, count);
    } else {
      self.complete(error);
    }
  }

  StreamType* stream_;
  Step step_;
  Wait waits_for_ = Wait::nothing;
  error_code outcome_;
  std::size_t count_ = 0;
};

}  // namespace sotto::inline v0::adapter
