#include "crypto/certificate_issue.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <utility>

#include "crypto/certificate_objects.hpp"
#include "crypto/random.hpp"

namespace sotto::crypto {
namespace {

using Time = std::chrono::system_clock::time_point;

std::unexpected<Error> issuing_failed() { return fail_clean(Code::crypto_failed, "a certificate could not be issued"); }

Key make_rsa_key(const char* type, int bits) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1 || EVP_PKEY_generate(context.get(), &made) != 1)
    return nullptr;
  return Key(made);
}

Key make_key(KeyKind kind) {
  switch (kind) {
    case KeyKind::ecdsa_p256: return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyKind::ecdsa_p384: return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyKind::ecdsa_p521: return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521"));
    case KeyKind::ed25519: return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyKind::rsa_2048: return make_rsa_key("RSA", 2048);
    case KeyKind::rsa_3072: return make_rsa_key("RSA", 3072);
    case KeyKind::rsa_pss_2048: return make_rsa_key("RSA-PSS", 2048);
  }
  return nullptr;
}

// RFC 5280, 4.1.2.2: positive, unique, at most 20 octets. Sixteen random octets with fixed top bits are all of that.
bool set_serial(X509* certificate) {
  std::array<std::uint8_t, 16> octets{};
  if (!fill_random(octets)) return false;
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x3fU) | 0x40U);
  const Handle<BIGNUM, BN_free> number(BN_bin2bn(octets.data(), octets.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_time(ASN1_TIME* into, Time time) {
  return ASN1_TIME_set(into, std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time))) !=
         nullptr;
}

bool set_common_name(X509* certificate, std::string_view name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0) == 1;
}

// `issuer`: null for a certificate that signs itself.
bool add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : certificate, certificate, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

void free_names(GENERAL_NAMES* names) { sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free); }
using Names = Handle<GENERAL_NAMES, free_names>;

// GEN_DNS takes an IA5String, GEN_IPADD an OCTET STRING; libcrypto holds both in one type.
bool push_name(GENERAL_NAMES* names, int kind, View value) {
  Handle<ASN1_STRING, ASN1_STRING_free> text(
      ASN1_STRING_type_new(kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING));
  Handle<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
  if (!text || !name || ASN1_STRING_set(text.get(), value.data(), static_cast<int>(value.size())) != 1) return false;
  GENERAL_NAME_set0_value(name.get(), kind, text.release());
  if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return false;
  static_cast<void>(name.release());
  return true;
}

bool add_names(X509* certificate, const LeafContent& content) {
  const Names names(sk_GENERAL_NAME_new_null());
  if (!names) return false;
  for (const auto& name : content.dns_names)
    if (!push_name(names.get(), GEN_DNS, as_view(name))) return false;
  for (const auto& address : content.ip_addresses)
    if (!push_name(names.get(), GEN_IPADD, address)) return false;
  // RFC 5280, 4.2.1.6: critical where the subject is empty.
  const int critical = content.common_name.empty() ? 1 : 0;
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical, 0) == 1;
}

// A certificate of version 3 with everything but the extensions. `issuer`: null for a root.
CertificateObject draft(EVP_PKEY* key, const X509* issuer, std::string_view common_name, Time not_before,
                        Time not_after) {
  CertificateObject certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !set_serial(certificate.get()) ||
      !set_time(X509_getm_notBefore(certificate.get()), not_before) ||
      !set_time(X509_getm_notAfter(certificate.get()), not_after) ||
      (!common_name.empty() && !set_common_name(certificate.get(), common_name)) ||
      X509_set_pubkey(certificate.get(), key) != 1)
    return nullptr;
  const auto* issuer_name = X509_get_subject_name(issuer != nullptr ? issuer : certificate.get());
  if (X509_set_issuer_name(certificate.get(), issuer_name) != 1) return nullptr;
  return certificate;
}

bool add_authority_extensions(X509* certificate, X509* issuer) {
  const char* constraints = issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:TRUE,pathlen:0";
  return add_extension(certificate, issuer, NID_basic_constraints, constraints) &&
         add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         (issuer == nullptr || add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always"));
}

bool add_leaf_extensions(X509* certificate, X509* issuer, const LeafContent& content) {
  const char* usage = content.client_authentication ? "clientAuth" : "serverAuth";
  // RFC 5246, 7.4.2: RSA key exchange takes keyEncipherment.
  const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA") == 1;
  const auto* const key_usage = rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
  return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage, key_usage) &&
         add_extension(certificate, issuer, NID_ext_key_usage, usage) &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
         add_names(certificate, content);
}

bool sign(X509* certificate, EVP_PKEY* key) {
  const auto is_ed25519 = EVP_PKEY_is_a(key, "ED25519") == 1;
  const auto is_large = EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) > 256;
  const auto* hash = is_ed25519 ? nullptr : is_large ? EVP_sha384() : EVP_sha256();
  return X509_sign(certificate, key, hash) > 0;
}

Result<std::string> write_key(const EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail_clean(Code::crypto_failed, "a private key could not be written");
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

// An authority's key stands unencrypted in its file: nobody is asked for a passphrase.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*state*/) { return -1; }

}  // namespace

Result<IssuingAuthority> IssuingAuthority::create(std::string_view common_name, Time not_before, Time not_after) {
  auto key = make_key(KeyKind::ecdsa_p256);
  if (!key) return issuing_failed();
  auto certificate = draft(key.get(), nullptr, common_name, not_before, not_after);
  if (!certificate || !add_authority_extensions(certificate.get(), nullptr) || !sign(certificate.get(), key.get()))
    return issuing_failed();
  return IssuingAuthority(certificate.release(), key.release());
}

Result<IssuingAuthority> IssuingAuthority::from_parts(View certificate, std::string_view key_pem) {
  auto parsed = read_certificate(certificate);
  if (!parsed) return fail(Code::malformed_pem, "the authority's certificate cannot be read");
  const Bio bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  Key key(bio ? PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, refuse_passphrase, nullptr, nullptr, nullptr) : nullptr);
  if (!key) return fail_clean(Code::malformed_pem, "the authority's private key cannot be read");
  if (X509_check_private_key(parsed->get(), key.get()) != 1) return fail_clean(Code::key_mismatch);
  if (X509_check_ca(parsed->get()) != 1)
    return fail_clean(Code::invalid_configuration, "the certificate is not that of an authority");
  return IssuingAuthority(parsed->release(), key.release());
}

IssuingAuthority::IssuingAuthority(IssuingAuthority&& other) noexcept
    : certificate_(std::exchange(other.certificate_, nullptr)), key_(std::exchange(other.key_, nullptr)) {}

IssuingAuthority& IssuingAuthority::operator=(IssuingAuthority&& other) noexcept {
  std::swap(certificate_, other.certificate_);
  std::swap(key_, other.key_);
  return *this;
}

IssuingAuthority::~IssuingAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

Result<IssuingAuthority::Leaf> IssuingAuthority::issue(const LeafContent& content) const {
  const auto key = make_key(content.key);
  if (!key) return issuing_failed();
  const auto certificate = draft(key.get(), certificate_, content.common_name, content.not_before, content.not_after);
  if (!certificate || !add_leaf_extensions(certificate.get(), certificate_, content) || !sign(certificate.get(), key_))
    return issuing_failed();
  auto pem = write_key(key.get());
  if (!pem) return std::unexpected(std::move(pem.error()));
  return Leaf{der_of(certificate.get()), std::move(*pem)};
}

Result<IssuingAuthority> IssuingAuthority::issue_intermediate(std::string_view common_name) const {
  auto key = make_key(KeyKind::ecdsa_p256);
  const auto not_before = time_point_of(X509_get0_notBefore(certificate_));
  const auto not_after = time_point_of(X509_get0_notAfter(certificate_));
  if (!key || !not_before || !not_after) return issuing_failed();
  auto certificate = draft(key.get(), certificate_, common_name, *not_before, *not_after);
  if (!certificate || !add_authority_extensions(certificate.get(), certificate_) || !sign(certificate.get(), key_))
    return issuing_failed();
  return IssuingAuthority(certificate.release(), key.release());
}

Bytes IssuingAuthority::certificate() const { return der_of(certificate_); }

Result<std::string> IssuingAuthority::key_pem() const { return write_key(key_); }

}  // namespace sotto::crypto
