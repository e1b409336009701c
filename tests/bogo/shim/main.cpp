// sotto under BoringSSL's protocol tests (BoGo): the runner starts this program once for each test, tells it by flags
// what to be, and is its peer. docs/conformance.md says how to run it.

#include <sys/types.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "exchange.hpp"
#include "failure.hpp"
#include "options.hpp"

namespace {

using namespace sotto::bogo;

constexpr int failed = 1;
constexpr int unimplemented = 89;

void run(const OptionSets& sets) {
  ShimState state;
  for (int i = 0; i <= sets.initial.resume_count; ++i) {
    run_connection(sets, state, i == 0 ? Turn::initial : Turn::resume);
    state.now += std::chrono::seconds((i == 0 ? sets.initial : sets.resume).resumption_delay);
  }
}

int run_shim(std::span<char* const> arguments) {
  try {
    const auto sets = parse_options(arguments);
    if (sets.initial.is_handshaker_supported) {
      std::puts("No");
      return 0;
    }
    if (sets.initial.list_only) throw Unimplemented("it is only listed");
    if (sets.initial.wait_for_debugger) std::raise(SIGSTOP);
    run(sets);
    return 0;
  } catch (const Unimplemented& missing) {
    std::fprintf(stderr, "unimplemented: %s\n", missing.what());
    return unimplemented;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return failed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto status = run_shim({argv + 1, static_cast<std::size_t>(argc - 1)});
  // Whatever comes later, from a sanitizer say, is an error to the runner.
  std::fputs("--- DONE ---\n", stderr);
  return status;
}
