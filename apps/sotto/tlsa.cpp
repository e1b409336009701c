#include "tlsa.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace program {

Outcome<std::shared_ptr<const sotto::Verifier>> make_tlsa_verifier(const std::vector<std::string>& records,
                                                                   const std::string& where) {
  std::vector<sotto::TlsaRecord> parsed;
  for (const auto& text : records) {
    auto record = sotto::TlsaRecord::parse(text);
    if (!record) return failure(ExitCode::usage, fmt::format("{}: {}", where, printable(record.error().detail)));
    parsed.push_back(*std::move(record));
  }
  auto verifier = sotto::make_dane_verifier(std::move(parsed));
  if (!verifier) return failure(verifier.error(), where);
  return *std::move(verifier);
}

}  // namespace program
