#include "plan.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace faults {
namespace {

/// Returns the value behind `name` in "name=value,name=value".
std::string_view find(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) return entry.substr(name.size() + 1);
  }
  return {};
}

std::uint64_t number(std::string_view text, std::string_view name, std::uint64_t otherwise) {
  const std::string found(find(text, name));
  return found.empty() ? otherwise : std::strtoull(found.c_str(), nullptr, 10);
}

}  // namespace

Plan::Plan() {
  const char* const given = std::getenv("SOTTO_FAULTS");
  if (given == nullptr) return;
  const std::string_view text = given;
  const auto often = [&](std::string_view name) { return static_cast<unsigned>(number(text, name, 0)); };
  seed = number(text, "seed", 1);
  eintr = often("eintr");
  eagain = often("eagain");
  short_ones = often("short");
  reset = often("reset");
  connect = often("connect");
  opening = often("opening");
  accepting = find(text, "accepting");
  socket = find(text, "socket");
  connecting = find(text, "connecting");
  open = find(text, "open");
  storing = find(text, "storing");
  also = find(text, "also");
}

const Plan& plan() {
  static const Plan one;
  return one;
}

std::uint64_t next_number() {  // splitmix64
  static std::atomic<std::uint64_t> state{plan().seed};
  std::uint64_t z = state += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

bool happens(unsigned in_a_thousand) { return in_a_thousand != 0 && next_number() % 1000 < in_a_thousand; }

int standing_error(const std::string& control, std::string_view subject) {
  static auto* const open_file = original<decltype(std::fopen)>("fopen");  // ours would ask again
  if (control.empty()) return 0;
  const int before = errno;
  std::FILE* const file = open_file(control.c_str(), "re");
  errno = before;
  if (file == nullptr) return 0;
  int error = 0;
  std::array<char, 256> only{};
  const int read = std::fscanf(file, "%d %255s", &error, only.data());
  std::fclose(file);
  return read == 2 && !subject.ends_with(only.data()) ? 0 : error;
}

int fail(int error) {
  errno = error;
  return -1;
}

}  // namespace faults
