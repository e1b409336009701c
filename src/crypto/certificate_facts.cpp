#include "crypto/certificate_facts.hpp"

#include <array>
#include <chrono>
#include <string_view>

#include "base/printable.hpp"
#include "crypto/certificate_objects.hpp"
#include "crypto/handles.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {
namespace {

std::string hexadecimal(View bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto octet : bytes) {
    text += digits[octet >> 4];
    text += digits[octet & 15U];
  }
  return text;
}

std::string name_text_of(const X509_NAME* name) {
  if (name == nullptr || X509_NAME_entry_count(name) == 0) return "(no name)";
  const Bio bio(BIO_new(BIO_s_mem()));
  // UTF-8 stays UTF-8; what is unfit for a terminal goes below.
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    ERR_clear_error();
    return "(unreadable name)";
  }
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return with_marks_for_unprintable({data, static_cast<std::size_t>(length)});
}

std::string key_text(X509* certificate) {
  const auto* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  const auto bits = std::to_string(EVP_PKEY_get_bits(key)) + " bits";
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return "Ed25519";
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 64> group{};
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return "ECDSA " + bits;
    const std::string_view name(group.data());
    if (name == "prime256v1") return "ECDSA P-256";
    if (name == "secp384r1") return "ECDSA P-384";
    if (name == "secp521r1") return "ECDSA P-521";
    return "ECDSA " + std::string(name);
  }
  const char* type = EVP_PKEY_get0_type_name(key);
  return (type == nullptr ? "unknown" : std::string(type)) + " " + bits;
}

std::string serial_text(const X509* certificate) {
  const Handle<BIGNUM, BN_free> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!number) return {};
  Bytes octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), octets.data());
  return (BN_is_negative(number.get()) == 1 ? "-" : "") + (octets.empty() ? "00" : hexadecimal(octets));
}

std::string signature_text(const X509* certificate) {
  std::array<char, 80> text{};
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, X509_get0_tbs_sigalg(certificate));
  const auto known = OBJ_obj2nid(algorithm);
  if (known != NID_undef) return OBJ_nid2ln(known);
  OBJ_obj2txt(text.data(), text.size(), algorithm, 1);
  return text.data();
}

}  // namespace

Result<Certificate::Facts> certificate_facts(View der) {
  const auto certificate = read_certificate(der);
  if (!certificate) return std::unexpected(certificate.error());
  auto* parsed = certificate->get();
  const auto not_before = time_point_of(X509_get0_notBefore(parsed));
  const auto not_after = time_point_of(X509_get0_notAfter(parsed));
  if (!not_before || !not_after) return fail_clean(Code::certificate_malformed, "its validity cannot be read");
  const auto hashed = digest(HashAlgorithm::sha256, der);
  if (!hashed) return std::unexpected(hashed.error());
  Certificate::Facts facts;
  facts.subject = name_text_of(X509_get_subject_name(parsed));
  facts.issuer = name_text_of(X509_get_issuer_name(parsed));
  facts.serial = serial_text(parsed);
  facts.not_before = *not_before;
  facts.not_after = *not_after;
  facts.key = key_text(parsed);
  facts.signature_algorithm = signature_text(parsed);
  facts.sha256 = hexadecimal(hashed->view());
  facts.is_authority = X509_check_ca(parsed) == 1;
  ERR_clear_error();
  return facts;
}

Result<Digest> end_point_hash(View der) {
  const auto certificate = read_certificate(der);
  if (!certificate) return std::unexpected(certificate.error());
  int hash = NID_undef;
  const bool known = X509_get_signature_info(certificate->get(), &hash, nullptr, nullptr, nullptr) == 1;
  // RFC 5929, 4.1: "if the certificate's signatureAlgorithm uses a single hash function and that hash function is
  // either MD5 or SHA-1, then use SHA-256"; one without a hash function leaves the binding undefined.
  if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
  const auto* algorithm = known && hash != NID_undef ? EVP_get_digestbynid(hash) : nullptr;
  if (algorithm == nullptr)
    return fail_clean(Code::wrong_state, "the certificate's signature has no hash function for tls-server-end-point");
  Digest digest;
  const auto room = digest.resize(static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
  if (EVP_Digest(der.data(), der.size(), room.data(), nullptr, algorithm, nullptr) != 1)
    return fail_clean(Code::crypto_failed, "tls-server-end-point");
  ERR_clear_error();
  return digest;
}

std::string name_text(View der_name) {
  const auto* next = der_name.data();
  const Handle<X509_NAME, X509_NAME_free> name(d2i_X509_NAME(nullptr, &next, static_cast<long>(der_name.size())));
  ERR_clear_error();
  return name ? name_text_of(name.get()) : "(unreadable name)";
}

}  // namespace sotto::crypto
