// Any text as a configuration file. Input: text.
#include "fuzz/fuzz.hpp"
#include "proxy/settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sotto::as_text(sotto::View(data, size));
  const auto settings = program::parse_configuration(text, "fuzzed.toml");
  if (settings) sotto::fuzz::promise(!settings->services.empty(), "a configuration has a service");
  if (!settings) sotto::fuzz::promise(!settings.error().sentence.empty(), "what is wrong is said");
  return 0;
}
