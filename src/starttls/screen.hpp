/// \file
/// What stands between two sides of which one has begun TLS and the other knows nothing of it.
#pragma once

#include <string>
#include <string_view>

#include <sotto/starttls.hpp>

#include "base/bytes.hpp"

namespace sotto::inline v0::starttls {

class Screen::Impl {
 public:
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual ~Impl() = default;
  virtual void from_client(View in, Buffer& out) = 0;
  virtual void from_server(View in, Buffer& out) = 0;
  /// Appends what is held back.
  virtual void server_ended(Buffer& out) = 0;
  /// Says that nothing is left to do, and nothing is held back.
  [[nodiscard]] virtual bool done() const { return finished_; }

 protected:
  /// From here on everything passes as it is.
  void finish() { finished_ = true; }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  bool finished_ = false;
};

namespace detail {

/// Splits a stream into lines without ever losing an octet: a line that is too long to matter passes in pieces.
class LineSplitter {
 public:
  /// One piece of the stream: a line with its end, or octets that are no whole line.
  struct Piece {
    std::string text;
    bool is_line = false;
  };
  /// Adds `in`.
  void add(View in);
  /// Takes the next piece off; an empty text if the rest has to wait.
  Piece next();
  /// Takes everything that is left.
  [[nodiscard]] std::string rest();
  [[nodiscard]] bool empty() const { return taken_ == pending_.size(); }
  /// Lets this many octets pass as they are: a literal.
  void let_pass(std::size_t octets) { raw_ = octets; }

 private:
  std::string take(std::size_t octets);

  std::string pending_;
  std::size_t taken_ = 0;  ///< of `pending_`; they go all together, for moving the rest up costs time
  std::size_t raw_ = 0;
  bool in_long_line_ = false;
};

/// Screens a protocol of lines.
class LineScreen : public Screen::Impl {
 public:
  void from_client(View in, Buffer& out) final;
  void from_server(View in, Buffer& out) final;
  void server_ended(Buffer& out) final;
  [[nodiscard]] bool done() const final { return finished() && server_.empty(); }

 protected:
  /// Told each line that the client says, without its end.
  virtual void on_client_line(std::string_view) {}
  /// Returns what the client gets of a line of the server's, both with their ends.
  virtual std::string on_server_line(std::string line) = 0;
  /// Takes the lines that `on_server_line` has kept back.
  virtual std::string let_go() { return {}; }

  LineSplitter server_;
  LineSplitter client_;
};

/// Returns a line without its end.
[[nodiscard]] std::string_view without_end(std::string_view line);
/// Returns the length of the literal that `line`, without its end, announces: "... {42}" or "{42+}"; else 0.
[[nodiscard]] std::size_t literal_length(std::string_view line);

}  // namespace detail
}  // namespace sotto::inline v0::starttls
