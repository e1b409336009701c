// Every handshake message: what can be read is written again as it was, and can be printed.
// Input: one octet chooses the message, the rest is its body.
#include <tuple>

#include "fuzz/fuzz.hpp"
#include "wire/hellos.hpp"
#include "wire/messages12.hpp"
#include "wire/messages13.hpp"

namespace sotto {
namespace {

using namespace wire;

using Messages =
    std::tuple<ClientHello, ServerHello, HelloRetryRequest, EncryptedExtensions, CertificateRequest,
               CertificateRequest12, wire::Certificate, Certificate12, CertificateVerify, CertificateVerify12, Finished,
               NewSessionTicket, NewSessionTicket12, KeyUpdate, HelloRequest, ServerKeyExchange, ServerKeyExchangeDhe,
               ServerHelloDone, ClientKeyExchange, ClientKeyExchangeClassic>;

template <class M>
void read_and_write(View body) {
  Bytes raw;
  Writer writer(raw);
  writer.u8(static_cast<std::uint8_t>(M::type));
  writer.vector(between<0, 0xffffff>, body);
  (void)print_message(raw);
  (void)message_name(raw);
  const auto message = parse_message<M>(raw);
  if (!message) return;
  Bytes again;
  fuzz::promise(encode_message(*message, again).has_value(), "what was read can be written");
  // RFC 5246, 7.4.1.2: an empty block of extensions and none at all mean the same.
  const bool same_length = again.size() == raw.size();
  if (same_length) fuzz::promise(same(raw, again), "what is written is what was read");
}

template <std::size_t... I>
void choose(std::size_t which, View body, std::index_sequence<I...>) {
  ((which == I ? read_and_write<std::tuple_element_t<I, Messages>>(body) : void()), ...);
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  fuzz::Input input(data, size);
  constexpr auto count = std::tuple_size_v<Messages>;
  const auto which = input.octet() % count;
  choose(which, input.rest(), std::make_index_sequence<count>());
  return 0;
}
