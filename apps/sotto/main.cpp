// The program sotto: picks the subcommand and turns its outcome into an exit code.
#include <csignal>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <sotto/version.hpp>

#include "commands.hpp"
#include "complain.hpp"
#include "standard_streams.hpp"
#include "text.hpp"

namespace {

std::string exit_code_table() {
  std::string table = "Exit codes:\n";
  for (const auto& row : program::exit_codes)
    table += fmt::format("  {}  {}\n", static_cast<int>(row.code), row.meaning);
  return table;
}

constexpr auto examples =
    "Examples:\n"
    "  sotto proxy --dev                                    a gateway with a demo site, to look at\n"
    "  sotto proxy tls://:8443 tcp://127.0.0.1:8080 --cert fullchain.pem --key key.pem\n"
    "  sotto connect example.com                            who is it, and what was agreed?\n"
    "  sotto cert dev                                       a certificate for localhost\n\n";

int run(int argc, char** argv) {
  CLI::App app("sotto: a TLS gateway and client on libsotto", "sotto");
  program::Command chosen;
  app.set_version_flag("--version", fmt::format("sotto {}", sotto::version), "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(0, 1);  // so that a wrong flag is named before a missing subcommand
  app.footer(examples + exit_code_table());
  program::add_proxy_command(app, chosen);
  program::add_connect_command(app, chosen);
  program::add_cert_command(app, chosen);
  program::add_policy_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help and --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const auto used = app.get_subcommands();
    const auto help = used.empty() ? std::string() : " " + used.front()->get_name();
    std::string why = error.what();
    while (!why.empty() && (why.back() == '\n' || why.back() == '.')) why.pop_back();
    return static_cast<int>(program::complain(
        {program::ExitCode::usage, fmt::format("{} (see 'sotto{} --help')", program::printable(why), help)}));
  }
  if (!chosen)
    return static_cast<int>(
        program::complain({program::ExitCode::usage, "a subcommand is required (see 'sotto --help')"}));
  return static_cast<int>(chosen());
}

/// What was printed last may still wait to be written, and success must mean that it was.
int finish(int code) {
  if (code != 0 || program::flush_standard_output()) return code;
  return static_cast<int>(program::complain({program::ExitCode::internal, "standard output cannot be written"}));
}

}  // namespace

int main(int argc, char** argv) {
  program::reserve_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of one write, not the end of the program
  try {
    return finish(run(argc, argv));
  } catch (const std::exception& error) {
    return static_cast<int>(
        program::complain({program::ExitCode::internal, fmt::format("something failed: {}", error.what())}));
  }
}
