#include "pki/names.hpp"

#include <gtest/gtest.h>

#include <sotto/verifier.hpp>

namespace sotto::pki {
namespace {

TEST(Names, a_wildcard_is_the_whole_leftmost_label_and_stands_for_one_label) {
  const struct {
    const char *pattern, *name;
    bool match;
  } cases[] = {{"a.example", "a.example", true},
               {"a.example", "b.example", false},
               {"*.example.org", "a.example.org", true},
               {"*.example.org", "xn--bcher-kva.example.org", true},
               {"*.example.org", "example.org", false},
               {"*.example.org", "a.b.example.org", false},
               {"*.example.org", ".example.org", false},
               {"*.example.org", "aexample.org", false},
               {"*.org", "example.org", false},
               {"f*.example.org", "foo.example.org", false},
               {"*oo.example.org", "foo.example.org", false},
               {"a.*.example.org", "a.b.example.org", false},
               {"*.*.example.org", "a.b.example.org", false},
               {"*", "example", false},
               {"", "", true}};
  for (const auto& row : cases) EXPECT_EQ(matches(row.pattern, row.name), row.match) << row.pattern << " " << row.name;
}

TEST(Names, reads_addresses_in_their_usual_forms) {
  EXPECT_EQ(parse_ip_address("192.0.2.1"), (Bytes{192, 0, 2, 1}));
  EXPECT_EQ(parse_ip_address("0.0.0.0"), (Bytes{0, 0, 0, 0}));
  EXPECT_EQ(parse_ip_address("::"), Bytes(16));
  auto loopback = Bytes(16);
  loopback[15] = 1;
  EXPECT_EQ(parse_ip_address("::1"), loopback);
  EXPECT_EQ(parse_ip_address("0:0:0:0:0:0:0:1"), loopback);
  const Bytes documentation{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x42};
  EXPECT_EQ(parse_ip_address("2001:db8::42"), documentation);
  const Bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(parse_ip_address("::ffff:192.0.2.1"), mapped);
  EXPECT_EQ(parse_ip_address("1:2:3:4:5:6:7::").size(), 16U);
}

TEST(Names, refuses_what_is_no_address) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "01.2.3.4",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "+1.2.3.4",
                           "1.2.3.0x4",
                           ":",
                           ":::",
                           "1::2::3",
                           "12345::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1%eth0",
                           "g::",
                           "1.2.3.4::",
                           "::1.2.3",
                           "1:",
                           ":1",
                           "-1::"})
    EXPECT_TRUE(parse_ip_address(text).empty()) << text;
}

TEST(Names, writes_addresses_as_rfc5952_has_it) {
  for (const char* text : {"192.0.2.1", "::", "::1", "1::", "2001:db8::42", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1",
                           "fe80::1:0:0:1", "1:2:3:4:5:6:7:8"})
    EXPECT_EQ(ip_address_text(parse_ip_address(text)), text);
}

TEST(ServerName, keeps_the_name_in_lower_case_without_dot_and_brackets) {
  EXPECT_EQ(ServerName("WWW.Example.COM.").text(), "www.example.com");
  EXPECT_EQ(ServerName("[::1]").text(), "::1");
  EXPECT_TRUE(ServerName("[::1]").is_ip_address());
  EXPECT_TRUE(ServerName("127.0.0.1").is_ip_address());
  EXPECT_FALSE(ServerName("localhost").is_ip_address());
  EXPECT_EQ(ServerName("A.example"), ServerName("a.example."));
}

TEST(ServerName, takes_names_of_hosts) {
  const std::string label(63, 'a');
  const auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(longest.size(), 253U);
  for (const auto& name :
       {std::string("localhost"), std::string("a.b"), std::string("xn--bcher-kva.example"),
        std::string("_acme.example"), std::string("3com.example"), std::string("1.2.3.4.example"), longest})
    EXPECT_TRUE(ServerName(name).check()) << name;
}

TEST(ServerName, says_what_is_wrong_with_a_name) {
  const std::string label(63, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {".", "empty"},
      {"a..b", "empty label"},
      {".a", "empty label"},
      {"a.b..", "empty label"},
      {"a" + label + ".example", "more than 63"},
      {label + "." + label + "." + label + "." + std::string(62, 'b'), "more than 253"},
      {"-a.example", "hyphen"},
      {"a-.example", "hyphen"},
      {"a b", "character"},
      {"b\xc3\xbc"
       "cher.example",
       "xn--"},
      {"*.example", "character"},
      {"a.example:443", "character"},
      {std::string("a.example\0.evil", 15), "character"},
      {"1.2.3", "number"},
      {"1.2.3.256", "number"},
      {"[::1", "character"}};
  for (const auto& [name, words] : cases) {
    const auto checked = ServerName(name).check();
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, Code::invalid_server_name);
    EXPECT_NE(checked.error().detail.find(words), std::string::npos) << checked.error().detail;
  }
}

}  // namespace
}  // namespace sotto::pki
