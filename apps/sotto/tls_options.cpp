#include "tls_options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace program {

void add_tls_options(CLI::App& command, TlsOptions& options, const TlsOptionTexts& texts) {
  const auto repeatable = [&](const char* flag, std::vector<std::string>& values, const char* what, const char* type) {
    command.add_option(flag, values, what)->type_name(type)->allow_extra_args(false);
  };
  repeatable("--alpn", options.alpn, texts.alpn, "LIST");
  repeatable("--cert", options.certificates, texts.certificate, "FILE");
  repeatable("--key", options.keys, "The private key of --cert (PEM, encrypted or not, or a pkcs11 URI)", "FILE");
  repeatable("--passphrase-file", options.passphrase_files, texts.passphrase_file, "FILE");
  command.add_option("--policy", options.policy, "What may be negotiated (see 'sotto policy')")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--min-version", options.versions.min, "Use no version before this one: tls1.2 or tls1.3")
      ->type_name("VERSION")
      ->capture_default_str();
  command.add_option("--max-version", options.versions.max, "Use no version after this one")
      ->type_name("VERSION")
      ->capture_default_str();
  command.add_flag("--no-certificate-compression", options.no_certificate_compression,
                   "Neither send nor take certificates that are compressed");
}

std::optional<std::string> find_empty_value(const CLI::App& command) {
  for (const auto* const option : command.get_options()) {
    const bool is_flag_with_value = !option->get_lnames().empty() && option->get_expected_min() > 0;
    if (is_flag_with_value && std::ranges::find(option->results(), std::string()) != option->results().end())
      return fmt::format("{} has no value", option->get_name());
  }
  return std::nullopt;
}

}  // namespace program
