// Runs a program's checks under valgrind; with the argument "leak" it then branches on a secret itself, and valgrind
// has to say so.
#include <string_view>

#include "ct/checks.hpp"

int main(int count, char** arguments) {
  using namespace sotto::constant_time_test;
  if (!is_watched()) {
    std::puts("this program proves nothing unless valgrind runs it");
    return 2;
  }
  check_all();
  if (count > 1 && std::string_view(arguments[1]) == "leak") {
    sotto::Bytes secret{42};
    poison(secret);
    return branch_on(secret[0]);
  }
  return failures == 0 ? 0 : 1;
}
