#include "starttls/screen.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sotto::inline v0::starttls::detail {
namespace {

/// No line that has to be changed is longer.
constexpr std::size_t longest_line = 8192;

void append(Buffer& out, std::string_view text) { out.append(sotto::as_bytes(text)); }

}  // namespace

void LineSplitter::add(View in) {
  pending_.erase(0, std::exchange(taken_, 0));
  pending_ += as_text(in);
}

std::string LineSplitter::take(std::size_t octets) {
  auto text = pending_.substr(taken_, octets);
  taken_ += text.size();
  return text;
}

LineSplitter::Piece LineSplitter::next() {
  if (raw_ != 0) {
    Piece piece{take(raw_), false};
    raw_ -= piece.text.size();
    return piece;
  }
  const auto end = pending_.find('\n', taken_);
  const bool ends = end != std::string::npos;
  if (!ends && pending_.size() - taken_ < longest_line && !in_long_line_) return {};
  const bool is_line = ends && !in_long_line_;
  in_long_line_ = !ends;
  return {take(ends ? end + 1 - taken_ : std::string::npos), is_line};
}

std::string LineSplitter::rest() { return take(std::string::npos); }

void LineScreen::from_client(View in, Buffer& out) {
  out.append(as_public(in));
  if (finished()) return;
  client_.add(in);
  for (auto piece = client_.next(); !piece.text.empty() && !finished(); piece = client_.next()) {
    if (piece.is_line) on_client_line(without_end(piece.text));
  }
}

void LineScreen::from_server(View in, Buffer& out) {
  server_.add(in);
  while (!finished()) {
    auto piece = server_.next();
    if (piece.text.empty()) return;
    append(out, piece.is_line ? on_server_line(std::move(piece.text)) : let_go() + piece.text);
  }
  append(out, server_.rest());
}

void LineScreen::server_ended(Buffer& out) { append(out, let_go() + server_.rest()); }

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t literal_length(std::string_view line) {
  const auto begin = line.rfind('{');
  if (!line.ends_with('}') || begin == line.npos) return 0;
  auto digits = line.substr(begin + 1, line.size() - begin - 2);
  if (digits.ends_with('+')) digits.remove_suffix(1);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return error == std::errc() && end == digits.data() + digits.size() ? length : 0;
}

}  // namespace sotto::inline v0::starttls::detail
