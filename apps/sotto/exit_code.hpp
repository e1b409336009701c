// The exit codes of the program, in one place. docs/guide/exit-codes.md and the man page repeat this table, and a test
// compares them.
#pragma once

#include <array>
#include <string_view>

namespace program {

enum class ExitCode : int {
  success = 0,
  internal = 1,
  usage = 2,
  configuration = 3,
  network = 4,
  handshake = 5,
  not_authenticated = 6,
  truncated = 7,
};

struct ExitCodeRow {
  ExitCode code;
  std::string_view meaning;
};

inline constexpr auto exit_codes = std::to_array<ExitCodeRow>({
    {ExitCode::success, "everything went well"},
    {ExitCode::internal, "something failed inside sotto or this machine"},
    {ExitCode::usage, "a wrong flag, argument or endpoint"},
    {ExitCode::configuration, "a file, certificate, key or setting that cannot be used"},
    {ExitCode::network, "a name that cannot be resolved, a peer that cannot be reached, an address in use"},
    {ExitCode::handshake, "the TLS handshake or the connection failed"},
    {ExitCode::not_authenticated, "the server could not be authenticated"},
    {ExitCode::truncated, "the connection was cut: data may be missing"},
});

}  // namespace program
