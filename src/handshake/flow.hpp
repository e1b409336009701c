/// \file
/// A handshake in progress, as a coroutine that states the order of messages and nothing else.
///
/// `co_await result` continues with the value, or ends the flow with the error; `co_await channel.expect<M>()` and
/// `co_await channel.ask(question)` wait. tools/check_flows keeps flows within what GCC 12 compiles correctly.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <new>
#include <optional>
#include <utility>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::handshake {

/// Owns one coroutine. Lazily started, never throws; the frame is wiped when it is destroyed, since secrets live in it.
class Flow {
 public:
  struct promise_type {
    std::optional<Result<void>> outcome;  // set once; the owner then destroys the flow

    Flow get_return_object() { return Flow(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(Result<void> result) { outcome.emplace(std::move(result)); }
    void unhandled_exception() noexcept { outcome.emplace(fail(Code::internal_error)); }

    static void* operator new(std::size_t octets) {
      largest_frame_ = octets > largest_frame_ ? octets : largest_frame_;
      return ::operator new(octets);
    }
    static void operator delete(void* frame, std::size_t octets) {
      wipe(MutableView(static_cast<std::uint8_t*>(frame), octets));
      ::operator delete(frame);
    }

    /// Awaits a `Result<T>`: the value, or the end of this flow. The result itself lives in the frame until the
    /// statement ends; a second copy would double the frame.
    template <class T>
    class Check {
     public:
      explicit Check(Result<T>& result) : result_(result) {}  // a constructor, never an aggregate (GCC 12)
      [[nodiscard]] bool await_ready() const noexcept { return result_.has_value(); }
      void await_suspend(std::coroutine_handle<promise_type> handle) {
        handle.promise().outcome.emplace(std::unexpected(std::move(result_.error())));
      }
      T await_resume() {
        if constexpr (!std::is_void_v<T>) return std::move(*result_);
      }

     private:
      Result<T>& result_;
    };
    template <class T>
    Check<T> await_transform(Result<T>&& result) {
      static_assert(!std::is_aggregate_v<Check<T>>);
      return Check<T>(result);
    }
    template <class Operation>
    Operation&& await_transform(Operation&& operation)
      requires requires { operation.await_ready(); }
    {
      static_assert(!std::is_aggregate_v<std::remove_cvref_t<Operation>>);
      return std::forward<Operation>(operation);
    }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Flow() = default;
  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Flow& operator=(Flow&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Flow() {
    if (handle_) handle_.destroy();
  }

  void resume() { handle_.resume(); }
  [[nodiscard]] const std::optional<Result<void>>& outcome() const { return handle_.promise().outcome; }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(handle_); }

  /// Returns the octets of the largest frame that this thread has made so far.
  [[nodiscard]] static std::size_t largest_frame() { return largest_frame_; }

 private:
  explicit Flow(Handle handle) : handle_(handle) {}
  static inline thread_local std::size_t largest_frame_ = 0;
  Handle handle_;
};

}  // namespace sotto::handshake
