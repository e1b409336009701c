// Names and the patterns that stand for them. Input: a pattern and a name with a zero octet between.
#include <algorithm>

#include <sotto/verifier.hpp>

#include "fuzz/fuzz.hpp"
#include "pki/names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  const auto text = as_text(View(data, size));
  const auto zero = text.find('\0');
  const auto pattern = text.substr(0, zero);
  const ServerName name(zero == std::string_view::npos ? text : text.substr(zero + 1));
  if (!name.check()) return 0;
  if (name.is_ip_address()) {
    const auto octets = pki::parse_ip_address(name.text());
    fuzz::promise(pki::parse_ip_address(pki::ip_address_text(octets)) == octets, "an address is written as it is read");
    return 0;
  }
  if (!pki::matches(pattern, name.text())) return 0;
  const auto labels = [](std::string_view dns) { return std::ranges::count(dns, '.'); };
  fuzz::promise(labels(pattern) == labels(name.text()), "a wildcard stands for one label");
  return 0;
}
