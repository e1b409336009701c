// What is to fail, as SOTTO_FAULTS says.
//
// "seed=7,eintr=50,eagain=50,short=300,reset=1,connect=100,opening=500": how often, in a thousand calls.
// "accepting=FILE,socket=FILE,connecting=FILE,open=FILE,storing=FILE": files that make such calls fail for as long as
// they are there. Such a file holds an errno; a word behind it names what alone fails: the end of a path, an address,
// or a family such as inet6.
// "also=ADDRESS": names have this address too, before their own.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <dlfcn.h>

namespace faults {

template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Plan {
  std::uint64_t seed = 1;
  unsigned eintr = 0;
  unsigned eagain = 0;
  unsigned short_ones = 0;
  unsigned reset = 0;
  unsigned connect = 0;
  unsigned opening = 0;
  std::string accepting;
  std::string socket;
  std::string connecting;
  std::string open;
  std::string storing;
  std::string also;

  Plan();
};
const Plan& plan();

/// Returns the next number of a sequence that the seed decides.
std::uint64_t next_number();
bool happens(unsigned in_a_thousand);

/// Returns the errno that stands in the file `control` for `subject`, or 0.
int standing_error(const std::string& control, std::string_view subject);

/// Sets errno.
int fail(int error);

}  // namespace faults
