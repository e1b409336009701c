// One connection through the gateway: shakes hands, connects to the backend, and moves the data both ways.
//
// A relay lives on one worker's thread. Waiting costs no buffers: it waits for readiness, then reads into the worker's
// scratch memory, and keeps only an incomplete record and what a socket did not take. One side is read only while the
// other has nothing unsent, so a slow reader holds back the sender and not our memory.
#pragma once

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "log.hpp"
#include "proxy/deadlines.hpp"
#include "proxy/end.hpp"
#include "proxy/prologue.hpp"
#include "proxy/service.hpp"

namespace program {

class Worker;

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(Worker& worker, std::uint64_t id, Socket client, std::string client_address,
        std::shared_ptr<const Service> service);

  void start();
  /// Ends the connection at once, with a reset to both sides.
  void abort(const std::string& reason);
  /// Tells that the time is up that was set last.
  void on_deadline();
  [[nodiscard]] Deadline& deadline() { return deadline_; }

 private:
  enum class State : std::uint8_t {
    shaking_client,
    talking_to_client,
    connecting,
    talking_to_backend,
    shaking_backend,
    relaying,
    cutting,
    lingering,
    done
  };

  // relay.cpp: events and data
  void wait();
  void wait_to_read(End& end);
  void wait_to_write(End& end);
  void watch_for_reset(End& end);
  [[nodiscard]] bool may_read(const End& end) const;
  void read(End& end);
  void take(End& end, std::span<std::byte> in);
  void take_tls(End& end, std::span<std::byte> in);
  void pass_on(End& from);
  void end_screen();
  void deliver(End& to);
  void seal(End& to);
  void send(End& end, sotto::Buffer& out);
  void flush(End& end);
  void end_output(End& end);
  void shut_if_flushed(End& end);
  void on_transport_end(End& end);
  void discard_input();
  void settle();
  /// Runs what an event leads to and settles. A connection that finds no memory is cut, and the others go on.
  template <class Step>
  void attempt(const Step& step) noexcept {
    try {
      step();
      settle();
    } catch (const std::exception& error) {
      drop(error);
    }
  }

  // relay_prologue.cpp: the order of the steps, and the dialogues before TLS
  void advance();
  Prologue& prologue();
  void talk_to_client(sotto::starttls::ServerOptions::Offer offer);
  void talk_to_backend();
  void read_greeting();
  void forward_login();
  void talk(End& end, sotto::starttls::Talk& dialogue);
  void follow(End& end);
  void say(End& end, sotto::Buffer& text);
  void keep_greeting(const End& end);
  void converse(End& end);
  void begin_with_unread(End& end);
  void fail_talk(End& end, const sotto::Error& error);
  void part_from_client(bool tell);
  [[nodiscard]] std::string_view last_words() const;

  // relay_handshake.cpp: the way to an established connection
  void shake_hands_with_client();
  void connect_backend(std::size_t index);
  void call_backend(std::size_t index);
  void wait_for_backend(std::size_t index);
  void call_again_later(std::size_t index);
  void on_connected(std::size_t index, const std::error_code& error);
  void shake_hands_with_backend();
  void ask_token(End& end, sotto::Question question);
  void on_answer(End& end, sotto::QuestionId id, sotto::Answer answer);
  void on_handshake_done(End& end);
  bool is_right_protocol(const End& end) const;
  void on_established();
  void note_renegotiation(End& end);
  void begin_session();
  void resume(End& end);

  // relay_end.cpp: the ways to end
  void end_in_time();
  [[nodiscard]] bool is_still_read();
  [[nodiscard]] sotto::Error dialogue_timed_out() const;
  void fail_tls(End& end, const sotto::Error& error);
  void fail_io(End& end, const std::error_code& error);
  void cut(End& survivor);
  void reset_when_delivered();
  void fail_backend(const std::string& why);
  void linger();
  void part();
  void finish(const std::string& how);
  void drop(const std::exception& why) noexcept;
  void log_end(const std::string& how);
  void log_handshake_failure(const std::string& peer, const sotto::Error& error);
  void close(End& end, bool reset);
  void leave();

  /// While a side renegotiates, what is written to it is kept back.
  [[nodiscard]] static bool is_renegotiating(const End& end) { return end.tls && end.tls->is_renegotiating(); }
  [[nodiscard]] End& other(const End& end) { return &end == &client_ ? backend_ : client_; }
  [[nodiscard]] const End& other(const End& end) const { return &end == &client_ ? backend_ : client_; }
  [[nodiscard]] const char* name_of(const End& end) const { return &end == &client_ ? "the client" : "the backend"; }
  void set_deadline(std::chrono::milliseconds from_now);
  [[nodiscard]] bool is_talking() const {
    return state_ == State::talking_to_client || state_ == State::talking_to_backend;
  }
  [[nodiscard]] bool is_shaking() const { return state_ == State::shaking_client || state_ == State::shaking_backend; }

  Worker& worker_;
  std::uint64_t id_;
  std::shared_ptr<const Service> service_;
  End client_;
  End backend_;
  std::string client_address_;
  std::shared_ptr<const std::vector<Address>> addresses_;  ///< of the backend, while it is being connected to
  std::unique_ptr<TlsFacts> client_facts_;
  std::unique_ptr<TlsFacts> backend_facts_;
  std::unique_ptr<Prologue> prologue_;               ///< until data moves
  std::unique_ptr<sotto::starttls::Screen> screen_;  ///< as long as something has to be screened
  std::chrono::steady_clock::time_point started_;
  Deadline deadline_;
  End* survivor_ = nullptr;  ///< while cutting: the side that still gets what came before the cut
  std::chrono::steady_clock::time_point give_up_{};
  std::uint32_t discarded_ = 0;
  std::uint8_t next_step_ = 0;  ///< of the service's plan
  State state_ = State::shaking_client;
  bool connect_timed_out_ = false;
  bool heard_from_client_ = false;
  bool heard_in_dialogue_ = false;
};

}  // namespace program
