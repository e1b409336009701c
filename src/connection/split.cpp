// The two halves of a split connection. They share nothing but what the receiving half owes the peer.
#include <atomic>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <sotto/connection.hpp>

#include "base/contain.hpp"
#include "connection/connection_impl.hpp"
#include "connection/stored_session.hpp"

namespace sotto {
namespace {

constexpr int no_alert = -1;

struct SharedDebts {
  std::atomic<bool> key_update = false;
  std::atomic<int> alert = no_alert;
  std::atomic<bool> ended = false;  // the receiving half has failed; its alert, if any, was set before
};

}  // namespace

struct Sender::Impl {
  connection::SendingHalf half;
  std::shared_ptr<SharedDebts> debts;
  std::optional<Error> error = {};  // final

  /// Runs `call`. What it throws is final, and so is a failure that is no misuse.
  template <class Call>
  [[nodiscard]] Result<void> contained(Buffer& out, const Call& call) noexcept {
    try {
      if (error) return std::unexpected(*error);
      auto done = call();
      if (!done && done.error().origin != Origin::caller) end(done.error(), out);
      return done;
    } catch (...) {
      if (!error) end(error_of_exception(), out);
      return std::unexpected(Error{error->code, error->origin, error->alert, {}, {}});
    }
  }

  void end(Error seen, Buffer& out) noexcept {
    error = std::move(seen);
    try {
      if (error->alert) half.send_alert(*error->alert, out);
    } catch (...) {
      // The peer has to do without.
    }
    half.forget_keys();
  }

  /// Follows the other half to its end. RFC 8446, 6.2: "Upon transmission or receipt of a fatal alert message, both
  /// parties MUST immediately close the connection."
  void follow_end(Buffer& out) {
    if (!debts->ended) return;
    if (const int alert = debts->alert.exchange(no_alert); alert != no_alert)
      half.send_alert(static_cast<Alert>(alert), out);
    half.forget_keys();
  }

  /// Takes over what the other half owes.
  Result<void> settle(Buffer& out) {
    follow_end(out);
    if (half.is_closed()) return fail(Code::closed);
    if (debts->key_update.exchange(false)) half.owe_key_update();
    return half.settle(out);
  }
};

struct Receiver::Impl {
  connection::ReceivingHalf half;
  std::shared_ptr<SharedDebts> debts;
  // Keeps alive the limits that the half refers to.
  decltype(Connection::Impl::config) config;
  handshake::StoredSessionName stored_session;
  std::optional<Error> error = {};

  /// Ends the other half too, for the reason of the final error.
  void end_both() noexcept {
    if (error->alert && error->code != Code::peer_alert) debts->alert = static_cast<int>(*error->alert);
    debts->ended = true;
    half.forget_keys();
  }
  /// RFC 5246, 7.2.2. A store that has no memory left for it has none for the session either.
  void forget_session() noexcept {
    try {
      connection::forget(config, stored_session);
    } catch (...) {
      stored_session = {};
    }
  }
  /// Runs `call` and makes what it throws the end of this half.
  template <class Call>
  [[nodiscard]] auto contained(const Call& call) noexcept -> std::invoke_result_t<const Call&> {
    try {
      return call();
    } catch (...) {
      if (!error) {
        error = error_of_exception();
        end_both();
        forget_session();
      }
      return std::unexpected(Error{error->code, error->origin, error->alert, {}, {}});
    }
  }
};

Result<std::pair<Sender, Receiver>> Connection::split() && {
  return impl_->contained(nullptr, [&]() -> Result<std::pair<Sender, Receiver>> {
    if (impl_->error) return std::unexpected(*impl_->error);
    if (impl_->handshake || impl_->unreported)
      return fail(Code::wrong_state, "a connection can be split once HandshakeDone was reported");
    impl_->receiving.refuse_openings();  // halves cannot shake hands
    auto debts = std::make_shared<SharedDebts>();
    auto sender = std::make_unique<Sender::Impl>(std::move(impl_->sending), debts);
    auto receiver = std::make_unique<Receiver::Impl>(std::move(impl_->receiving), debts, std::move(impl_->config),
                                                     std::move(impl_->stored_session));
    impl_.reset();
    return std::pair(Sender(std::move(sender)), Receiver(std::move(receiver)));
  });
}

Sender::Sender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sender::Sender(Sender&&) noexcept = default;
Sender& Sender::operator=(Sender&&) noexcept = default;
Sender::~Sender() = default;

Result<void> Sender::write(std::span<const std::byte> data, Buffer& out) {
  return impl_->contained(out, [&] {
    auto settled = impl_->settle(out);
    return settled ? impl_->half.write(as_view(data), out) : settled;
  });
}
Result<void> Sender::close(Buffer& out) {
  return impl_->contained(out, [&] {
    impl_->follow_end(out);
    impl_->half.send_alert(Alert::close_notify, out);
    return Result<void>();
  });
}
Result<void> Sender::update_keys(Connection::UpdateKeys which, Buffer& out) {
  return impl_->contained(out, [&] {
    auto settled = impl_->settle(out);
    if (!settled) return settled;
    return impl_->half.update_keys(which == Connection::UpdateKeys::both ? wire::KeyUpdateRequest::update_requested
                                                                         : wire::KeyUpdateRequest::update_not_requested,
                                   out);
  });
}
Result<void> Sender::flush(Buffer& out) {
  return impl_->contained(out, [&] {
    auto settled = impl_->settle(out);
    return settled || settled.error().code == Code::closed ? Result<void>() : settled;
  });
}

Receiver::Receiver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Receiver::Receiver(Receiver&&) noexcept = default;
Receiver& Receiver::operator=(Receiver&&) noexcept = default;
Receiver::~Receiver() = default;

Result<Step> Receiver::receive(std::span<std::byte> in) {
  return impl_->contained([&]() -> Result<Step> {
    if (impl_->error) return std::unexpected(*impl_->error);
    auto step = impl_->half.step(as_view(in));
    if (!step) {
      impl_->error = step.error();
      impl_->end_both();
      impl_->forget_session();
      return step;
    }
    if (const auto* updated = std::get_if<KeysUpdated>(&step->event); updated != nullptr && updated->reply_pending)
      impl_->debts->key_update = true;
    return step;
  });
}

Result<void> Receiver::end_of_input() {
  return impl_->contained([&]() -> Result<void> {
    if (impl_->error) return std::unexpected(*impl_->error);
    if (impl_->half.peer_has_closed()) return {};
    impl_->error = make_error(Code::truncated);
    impl_->end_both();
    return std::unexpected(*impl_->error);
  });
}

}  // namespace sotto
