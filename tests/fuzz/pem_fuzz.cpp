// Any text as a chain, a key and roots. Input: text.
#include <sotto/credential.hpp>
#include <sotto/verifier.hpp>

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  const auto text = as_text(View(data, size));
  (void)Credential::from_pem(text, text, [] { return Result<std::string>("passphrase"); });
  (void)TrustStore::from_pem(text);
  return 0;
}
