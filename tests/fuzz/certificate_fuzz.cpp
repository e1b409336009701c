// Any octets as a certificate: read, described, and judged as a leaf and as an issuer. Input: DER.
#include "fuzz/fuzz.hpp"
#include "pki/names.hpp"
#include "support/credentials.hpp"
#include "wire/certificate_view.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  static const auto verifier = make_verifier(test::roots());
  static const auto genuine = test::credential().chain().front();
  static const auto now = std::chrono::system_clock::now();
  const View der(data, size);
  (void)wire::parse_certificate(der);
  (void)pki::alternative_names(der);
  if (der.empty()) return 0;
  const Certificate certificate(as_public(der));
  (void)certificate.facts();
  if (certificate == genuine) return 0;
  const VerifyRequest leaf{{certificate}, ServerName("localhost"), Purpose::server_authentication, now};
  fuzz::promise(!verifier->verify(leaf), "only what an authority issued is accepted");
  const VerifyRequest issuer{{genuine, certificate}, ServerName("elsewhere"), Purpose::server_authentication, now};
  fuzz::promise(!verifier->verify(issuer), "nothing makes a certificate good for another name");
  return 0;
}
