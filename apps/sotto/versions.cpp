#include "versions.hpp"

#include <optional>

#include <fmt/format.h>

#include "text.hpp"

namespace program {
namespace {

std::optional<sotto::ProtocolVersion> find_version(const std::string& text) {
  if (text == "tls1.2") return sotto::ProtocolVersion::tls12;
  if (text == "tls1.3") return sotto::ProtocolVersion::tls13;
  return std::nullopt;
}

}  // namespace

Outcome<void> check_versions(const VersionRange& range, const std::string& min_name, const std::string& max_name) {
  const auto unknown = [](const std::string& name, const std::string& text) {
    return failure(ExitCode::usage, fmt::format("{}: '{}' is no version; use tls1.2 or tls1.3", name, printable(text)));
  };
  const auto min = find_version(range.min);
  const auto max = find_version(range.max);
  if (!min) return unknown(min_name, range.min);
  if (!max) return unknown(max_name, range.max);
  if (*min > *max)
    return failure(ExitCode::usage,
                   fmt::format("no version lies between {} {} and {} {}", min_name, range.min, max_name, range.max));
  return {};
}

void keep_versions(sotto::Policy& policy, const VersionRange& range) {
  const auto min = find_version(range.min);
  const auto max = find_version(range.max);
  std::erase_if(policy.versions, [&](auto version) { return version < min || version > max; });
}

}  // namespace program
