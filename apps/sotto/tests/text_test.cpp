#include "text.hpp"

#include <gtest/gtest.h>

namespace program {
namespace {

using std::chrono::milliseconds;

TEST(Text, keeps_what_is_harmless_and_escapes_the_rest) {
  EXPECT_EQ(printable("plain text, \xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92"),
            "plain text, \xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92");
  EXPECT_EQ(printable("a\nb\x1b[2Jc\x7f"), "a\\x0ab\\x1b[2Jc\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control character of the upper half";
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "a mark that reverses the direction";
  EXPECT_EQ(printable("\xc0\xaf\xff"), "\\xc0\\xaf\\xff") << "no UTF-8";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut UTF-8";
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, reads_durations_with_and_without_a_unit) {
  EXPECT_EQ(*parse_duration("500ms", "x"), milliseconds(500));
  EXPECT_EQ(*parse_duration("30s", "x"), milliseconds(30'000));
  EXPECT_EQ(*parse_duration("30", "x"), milliseconds(30'000));
  EXPECT_EQ(*parse_duration("10m", "x"), milliseconds(600'000));
  EXPECT_EQ(*parse_duration("1h", "x"), milliseconds(3'600'000));
}

TEST(Text, refuses_other_durations_and_names_the_flag) {
  for (const auto* const text : {"", "s", "10x", "-1s", "1.5s", "99999999999s", "10 s"}) {
    const auto duration = parse_duration(text, "--idle-timeout");
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, ExitCode::usage);
    EXPECT_TRUE(duration.error().sentence.starts_with("--idle-timeout: ")) << duration.error().sentence;
  }
}

TEST(Text, splits_lists_at_commas) {
  EXPECT_EQ(split_list("h2, http/1.1,,"), (std::vector<std::string>{"h2", "http/1.1"}));
  EXPECT_TRUE(split_list("").empty());
  EXPECT_EQ(split_lists({"a,b", "c"}), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Text, writes_times_in_utc) {
  EXPECT_EQ(format_time(std::chrono::system_clock::time_point(std::chrono::seconds(951'782'400))),
            "2000-02-29 00:00:00 UTC");
}

}  // namespace
}  // namespace program
