// The subcommands. Each adds itself to the command line and, when chosen, leaves what is to be run in `chosen`.
#pragma once

#include <functional>

#include "exit_code.hpp"

namespace CLI {
class App;
}

namespace program {

using Command = std::function<ExitCode()>;

void add_proxy_command(CLI::App& app, Command& chosen);
void add_connect_command(CLI::App& app, Command& chosen);
void add_cert_command(CLI::App& app, Command& chosen);
void add_policy_command(CLI::App& app, Command& chosen);

}  // namespace program
