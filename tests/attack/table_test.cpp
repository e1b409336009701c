// The table of attacks in the documentation has each of them, and no other.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace sotto::attack {
namespace {

std::set<std::string> named_in(const std::string& page) {
  std::ifstream file(std::string(SOTTO_TESTS_DIR) + "/../docs/" + page);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::regex name("`attack\\.(\\w+)`");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

std::set<std::string> tested() {
  std::set<std::string> names;
  const auto& program = *testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const std::string name = program.GetTestSuite(i)->name();
    names.insert(name.substr(name.find('/') + 1));  // less the prefix of tests with parameters
  }
  names.erase("AttackTable");
  return names;
}

TEST(AttackTable, has_every_attack_and_no_other) { EXPECT_EQ(named_in("conformance.md"), tested()); }

TEST(AttackTable, and_the_page_of_threats_agree) { EXPECT_EQ(named_in("threats.md"), tested()); }

}  // namespace
}  // namespace sotto::attack
