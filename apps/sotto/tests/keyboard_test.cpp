#include "connect/keyboard.hpp"

#include <gtest/gtest.h>

namespace program {
namespace {

/// Types `chunks` one after the other: data in plain, commands in angle brackets.
std::string typed(std::initializer_list<std::string_view> chunks) {
  Keyboard keyboard;
  std::string seen;
  for (const auto chunk : chunks) {
    auto rest = std::as_bytes(std::span(chunk));
    while (!rest.empty()) {
      const auto part = keyboard.next(rest);
      seen.append(reinterpret_cast<const char*>(part.data.data()), part.data.size());
      if (part.command) seen += *part.command == Keyboard::Command::renegotiate ? "<R>" : "<K>";
    }
  }
  const auto left = keyboard.rest();
  return seen.append(reinterpret_cast<const char*>(left.data()), left.size());
}

TEST(Keyboard, takes_a_line_of_one_letter_for_a_command) {
  EXPECT_EQ(typed({"hello\nR\nworld\nK\n"}), "hello\n<R>world\n<K>");
  EXPECT_EQ(typed({"R\nR\n"}), "<R><R>");
}

TEST(Keyboard, leaves_every_other_line_as_it_is) {
  for (const std::string_view line : {"Really\n", "KEEP\n", "xR\n", "\n", "r\n", "R \n", "R\r\n", "R", "no end"})
    EXPECT_EQ(typed({line}), line);
}

TEST(Keyboard, does_not_care_how_the_input_is_cut) {
  EXPECT_EQ(typed({"hel", "lo\n", "R", "\n", "K", "ey\n", "K", "\nR"}), "hello\n<R>Key\n<K>R");
}

}  // namespace
}  // namespace program
