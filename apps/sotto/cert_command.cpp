// sotto cert dev: certificates for development from a local authority.
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "complain.hpp"
#include "dev_authority.hpp"
#include "standard_streams.hpp"
#include "text.hpp"

namespace program {
namespace {

struct CertDevOptions {
  std::vector<std::string> names;
  bool print_ca = false;
};

ExitCode print_authority() {
  const auto authority = dev_authority();
  if (!authority) return complain(authority.error());
  fmt::print("{}\n", authority->string());
  return ExitCode::success;
}

ExitCode run_cert_dev(const CertDevOptions& options) {
  if (options.print_ca) return print_authority();
  const auto names = options.names.empty() ? std::vector<std::string>{"localhost", "127.0.0.1", "::1"} : options.names;
  const auto files = dev_certificate(names);
  if (!files) return complain(files.error());
  if (files->authority_is_new) tell("Made a new local authority. Trust it for development only.\n");
  if (!files->certificate_is_new) tell("The certificate that is there is still good.\n");
  fmt::print("ca    {}\ncert  {}\nkey   {}\nnames {}\n", files->authority.string(), files->certificate.string(),
             files->key.string(), join(names, ", "));
  return ExitCode::success;
}

}  // namespace

void add_cert_command(CLI::App& app, Command& chosen) {
  auto* const cert = app.add_subcommand("cert", "Make certificates for development");
  cert->require_subcommand(0, 1);  // so that a wrong flag is named before a missing subcommand
  cert->callback([&chosen] {
    if (chosen) return;
    chosen = [] { return complain({ExitCode::usage, "cert needs a subcommand: dev (see 'sotto cert --help')"}); };
  });
  auto* const dev =
      cert->add_subcommand("dev", "Make a certificate from a local authority, which is made on first use");
  const auto options = std::make_shared<CertDevOptions>();
  dev->add_option("NAMES", options->names, "DNS names and IP addresses (default: localhost 127.0.0.1 ::1)");
  dev->add_flag("--print-ca", options->print_ca, "Print only the path of the authority's certificate");
  dev->footer(
      "The files lie under $XDG_DATA_HOME/sotto (~/.local/share/sotto); keys are readable by their owner only.\n"
      "A certificate that is still good for a week is kept.\n\n"
      "Examples:\n"
      "  sotto cert dev\n"
      "  sotto cert dev app.test '*.app.test' 192.0.2.7\n"
      "  curl --cacert \"$(sotto cert dev --print-ca)\" https://localhost:8443/\n");
  dev->callback([options, &chosen] { chosen = [options] { return run_cert_dev(*options); }; });
}

}  // namespace program
