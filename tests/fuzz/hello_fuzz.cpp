// What a server makes of any ClientHello. Input: the body of the message.
#include "fuzz/fuzz.hpp"
#include "handshake/negotiate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  static const auto policy = Policy::legacy();
  static const std::vector<std::string> protocols = {"h2", "http/1.1"};
  const auto hello = wire::parse<wire::ClientHello>(View(data, size));
  if (!hello) return 0;
  const auto offer = handshake::read_offer(*hello, policy.versions);
  if (!offer) return 0;
  const auto agreed = handshake::negotiate(*offer, policy, protocols);
  if (!agreed) return 0;
  fuzz::promise(agreed->version == offer->version, "the version is the one that was offered");
  fuzz::promise(hello->cipher_suites.contains(agreed->suite->suite), "the cipher suite was offered");
  fuzz::promise(handshake::is_same_hello_after_retry(*hello, *hello), "a ClientHello is the same as itself");
  return 0;
}
