#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Printable, keeps_visible_text_of_any_script) {
  EXPECT_EQ(printable("O = Zürich, 東京 🔒"), "O = Zürich, 東京 🔒");
  EXPECT_EQ(printable(""), "");
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

TEST(Printable, escapes_what_could_drive_a_terminal_or_a_log) {
  for (const auto& [text, expected] :
       {Case{"a\nb", "a\\x0ab"}, Case{"\x1b[2J", "\\x1b[2J"}, Case{"\x7f", "\\x7f"}, Case{"\xc2\x9b", "\\xc2\\x9b"},
        Case{"\xe2\x80\xae"
             "txt",
             "\\xe2\\x80\\xaetxt"}})
    EXPECT_EQ(printable(text), expected);
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "\\x00x");
}

TEST(Printable, escapes_malformed_utf8_octet_by_octet) {
  for (const auto& [text, expected] :
       {Case{"\x80", "\\x80"}, Case{"\xc3", "\\xc3"}, Case{"\xc0\xaf", "\\xc0\\xaf"}, Case{"\xff", "\\xff"},
        Case{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"}, Case{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        Case{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, Case{"\xe2\x82", "\\xe2\\x82"}, Case{"\xc3(", "\\xc3("}})
    EXPECT_EQ(printable(text), expected);
}

TEST(Printable, keeps_the_length_where_marks_stand_for_what_is_left_out) {
  EXPECT_EQ(with_marks_for_unprintable("a\x1b\xc2\x9b\x9b\xd8\x9c ü"), "a?????? ü");
}

}  // namespace
}  // namespace sotto
