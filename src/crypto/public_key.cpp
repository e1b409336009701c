#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <utility>

#include "crypto/curves.hpp"
#include "crypto/handles.hpp"
#include "crypto/signature.hpp"
#include "crypto/signature_schemes.hpp"
#include "wire/der.hpp"

namespace sotto::crypto {
namespace {

using wire::DerReader;
using wire::DerTag;

// Object identifiers, the content octets of their DER form.
constexpr auto id_ec_public_key =
    std::to_array<std::uint8_t>({0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01});  // RFC 5480, 2.1.1
constexpr auto id_secp256r1 = std::to_array<std::uint8_t>({0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07});
constexpr auto id_secp384r1 = std::to_array<std::uint8_t>({0x2b, 0x81, 0x04, 0x00, 0x22});
constexpr auto id_secp521r1 = std::to_array<std::uint8_t>({0x2b, 0x81, 0x04, 0x00, 0x23});
constexpr auto id_ed25519 = std::to_array<std::uint8_t>({0x2b, 0x65, 0x70});  // RFC 8410, 3
constexpr auto id_rsa_encryption =
    std::to_array<std::uint8_t>({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01});  // RFC 8017, A.1
constexpr auto id_mgf1 = std::to_array<std::uint8_t>({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08});
constexpr auto id_rsassa_pss = std::to_array<std::uint8_t>({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a});
constexpr auto id_sha256 = std::to_array<std::uint8_t>({0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01});
constexpr auto id_sha384 = std::to_array<std::uint8_t>({0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02});
constexpr auto id_sha512 = std::to_array<std::uint8_t>({0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03});

// Smaller moduli are broken in practice, larger ones cost a verifier too much. What is strong enough to trust is the
// verifier's decision.
constexpr std::size_t min_modulus_bits = 1024;
constexpr std::size_t max_modulus_bits = 8192;
constexpr std::size_t max_exponent_octets = 5;

std::unexpected<Error> malformed(const char* what) { return fail_clean(Code::certificate_malformed, what); }
std::unexpected<Error> unsupported(const char* what) { return fail_clean(Code::certificate_unsupported_key, what); }

struct AlgorithmIdentifier {
  View id;
  View parameters;  ///< the whole element; empty if absent
};

// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }
Result<AlgorithmIdentifier> read_algorithm(View sequence) {
  DerReader reader(sequence);
  const auto id = reader.expect(DerTag::object_identifier);
  if (!id) return std::unexpected(id.error());
  AlgorithmIdentifier algorithm{id->content, {}};
  if (reader.at_end()) return algorithm;
  const auto parameters = reader.next();
  if (!parameters) return std::unexpected(parameters.error());
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  algorithm.parameters = parameters->whole;
  return algorithm;
}

bool is_null(View parameters) { return same(parameters, std::array<std::uint8_t, 2>{0x05, 0x00}); }

struct Imported {
  KeyType type;
  std::size_t bits;
  Key key;
};

Result<Imported> import_ec(View parameters, View point) {
  const auto id = wire::read_der(parameters, DerTag::object_identifier);
  if (!id) return unsupported("its curve is not named");
  struct Row {
    View id;
    Curve curve;
    KeyType type;
    std::size_t bits;
  };
  const std::array rows{Row{id_secp256r1, Curve::p256, KeyType::ecdsa_p256, 256},
                        Row{id_secp384r1, Curve::p384, KeyType::ecdsa_p384, 384},
                        Row{id_secp521r1, Curve::p521, KeyType::ecdsa_p521, 521}};
  const auto row = std::ranges::find_if(rows, [&](const Row& candidate) { return same(candidate.id, id->content); });
  if (row == rows.end()) return unsupported("its curve is none of P-256, P-384 and P-521");
  // RFC 5480, 2.2 allows the compressed form too; nobody uses it.
  if (point.size() != point_length(row->curve) || point[0] != 4) return unsupported("its point is not uncompressed");
  auto key = empty_key(row->curve);
  if (!key || EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1)
    return malformed("its public key is not a point on the curve");
  return Imported{row->type, row->bits, std::move(key)};
}

Result<Imported> import_ed25519(View parameters, View point) {
  // RFC 8410, 3: "the parameters MUST be absent".
  if (!parameters.empty() || point.size() != 32) return malformed("its Ed25519 key has a wrong form");
  Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, point.data(), point.size()));
  if (!key) return malformed("its Ed25519 key cannot be read");
  return Imported{KeyType::ed25519, 256, std::move(key)};
}

// What an id-RSASSA-PSS key restricts itself to: the hash, MGF1 with the same hash, and a least salt.
struct PssRestriction {
  HashAlgorithm hash;
  int least_salt;
};

Result<HashAlgorithm> read_pss_hash(View sequence) {
  const auto algorithm = read_algorithm(sequence);
  if (!algorithm) return std::unexpected(algorithm.error());
  // RFC 4055, 2.1: "implementations MUST accept the parameters being absent as well as present" (NULL).
  if (!algorithm->parameters.empty() && !is_null(algorithm->parameters))
    return malformed("its hash has odd parameters");
  if (same(algorithm->id, id_sha256)) return HashAlgorithm::sha256;
  if (same(algorithm->id, id_sha384)) return HashAlgorithm::sha384;
  if (same(algorithm->id, id_sha512)) return HashAlgorithm::sha512;
  return unsupported("its RSA-PSS key is restricted to a hash that TLS 1.3 does not use");
}

Result<HashAlgorithm> read_pss_mask(View sequence) {
  const auto algorithm = read_algorithm(sequence);
  if (!algorithm) return std::unexpected(algorithm.error());
  if (!same(algorithm->id, id_mgf1)) return unsupported("its RSA-PSS key is restricted to an unknown mask function");
  const auto hash = wire::read_der(algorithm->parameters, DerTag::sequence);
  if (!hash) return std::unexpected(hash.error());
  return read_pss_hash(hash->content);
}

// The content of an EXPLICIT tag that holds one element of tag `inner`.
Result<std::optional<View>> read_tagged(DerReader& reader, unsigned number, DerTag inner) {
  const auto tagged = reader.optional(wire::constructed_context_tag(number));
  if (!tagged) return std::unexpected(tagged.error());
  if (!*tagged) return std::nullopt;
  const auto element = wire::read_der((*tagged)->content, inner);
  if (!element) return std::unexpected(element.error());
  return element->content;
}

// RSASSA-PSS-params, RFC 4055, 3.1. Defaults name SHA-1, which no scheme of TLS 1.3 uses.
Result<PssRestriction> read_pss_restriction(View parameters) {
  const auto sequence = wire::read_der(parameters, DerTag::sequence);
  if (!sequence) return std::unexpected(sequence.error());
  DerReader reader(sequence->content);
  const auto hash_field = read_tagged(reader, 0, DerTag::sequence);
  if (!hash_field) return std::unexpected(hash_field.error());
  const auto mask_field = read_tagged(reader, 1, DerTag::sequence);
  if (!mask_field) return std::unexpected(mask_field.error());
  const auto salt_field = read_tagged(reader, 2, DerTag::integer);
  if (!salt_field) return std::unexpected(salt_field.error());
  const auto trailer_field = read_tagged(reader, 3, DerTag::integer);
  if (!trailer_field) return std::unexpected(trailer_field.error());
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  if (!*hash_field || !*mask_field) return unsupported("its RSA-PSS key is restricted to SHA-1");
  const auto hash = read_pss_hash(**hash_field);
  if (!hash) return std::unexpected(hash.error());
  const auto mask = read_pss_mask(**mask_field);
  if (!mask) return std::unexpected(mask.error());
  if (*mask != *hash) return unsupported("its RSA-PSS key is restricted to two different hashes");
  const auto salt = *salt_field ? wire::der_small_unsigned(**salt_field) : Result<std::uint32_t>(20);
  if (!salt) return std::unexpected(salt.error());
  const auto trailer = *trailer_field ? wire::der_small_unsigned(**trailer_field) : Result<std::uint32_t>(1);
  if (!trailer) return std::unexpected(trailer.error());
  if (*trailer != 1) return unsupported("its RSA-PSS key is restricted to an unknown trailer");
  // RFC 8446, 4.2.3 fixes the salt's length, so a key that wants a longer one can sign nothing.
  if (*salt > hash_length(*hash)) return unsupported("its RSA-PSS key asks for a longer salt than TLS 1.3 uses");
  return PssRestriction{*hash, static_cast<int>(*salt)};
}

struct RsaNumbers {
  View modulus;
  View exponent;
  std::size_t bits;
};

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }, RFC 8017, A.1.1.
Result<RsaNumbers> read_rsa_numbers(View der) {
  const auto sequence = wire::read_der(der, DerTag::sequence);
  if (!sequence) return std::unexpected(sequence.error());
  DerReader reader(sequence->content);
  std::array<View, 2> numbers;
  for (auto& number : numbers) {
    const auto element = reader.expect(DerTag::integer);
    if (!element) return std::unexpected(element.error());
    const auto magnitude = wire::der_unsigned(element->content);
    if (!magnitude) return std::unexpected(magnitude.error());
    number = *magnitude;
  }
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  const auto [modulus, exponent] = numbers;
  if (modulus.empty() || exponent.empty()) return malformed("its RSA key is zero");
  const auto bits = modulus.size() * 8 - static_cast<std::size_t>(std::countl_zero(modulus[0]));
  if (bits < min_modulus_bits) return unsupported("its RSA key has fewer than 1024 bits");
  if (bits > max_modulus_bits) return unsupported("its RSA key has more than 8192 bits");
  const bool even = (modulus.back() & 1U) == 0 || (exponent.back() & 1U) == 0;
  if (even || (exponent.size() == 1 && exponent[0] < 3)) return malformed("its RSA key is no RSA key");
  if (exponent.size() > max_exponent_octets) return unsupported("its RSA key has a huge exponent");
  return RsaNumbers{modulus, exponent, bits};
}

// libcrypto takes numbers in the machine's own order; every machine that we build for is little endian.
static_assert(std::endian::native == std::endian::little);
Bytes native(View big_endian) { return {big_endian.rbegin(), big_endian.rend()}; }

// An importer per thread and type: making one costs more than the import.
KeyContext& rsa_importer_slot(KeyType type) {
  thread_local KeyContext rsa;
  thread_local KeyContext rsa_pss;
  return type == KeyType::rsa ? rsa : rsa_pss;
}
EVP_PKEY_CTX* rsa_importer(KeyType type) {
  auto& slot = rsa_importer_slot(type);
  if (slot) return slot.get();
  KeyContext made(EVP_PKEY_CTX_new_from_name(nullptr, type == KeyType::rsa ? "RSA" : "RSA-PSS", nullptr));
  if (!made || EVP_PKEY_fromdata_init(made.get()) != 1) return nullptr;
  slot = std::move(made);
  return slot.get();
}

Result<Imported> import_rsa(KeyType type, const std::optional<PssRestriction>& restriction, View der) {
  const auto numbers = read_rsa_numbers(der);
  if (!numbers) return std::unexpected(numbers.error());
  auto modulus = native(numbers->modulus);
  auto exponent = native(numbers->exponent);
  std::vector<OSSL_PARAM> parameters{OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus.data(), modulus.size()),
                                     OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent.data(), exponent.size())};
  std::string hash;
  std::string mask = "MGF1";
  int salt = 0;
  if (restriction) {
    hash = restriction->hash == HashAlgorithm::sha256   ? "SHA256"
           : restriction->hash == HashAlgorithm::sha384 ? "SHA384"
                                                        : "SHA512";
    salt = restriction->least_salt;
    parameters.push_back(OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST, hash.data(), hash.size()));
    parameters.push_back(OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_MASKGENFUNC, mask.data(), mask.size()));
    parameters.push_back(OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, hash.data(), hash.size()));
    parameters.push_back(OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &salt));
  }
  parameters.push_back(OSSL_PARAM_construct_end());
  auto* context = rsa_importer(type);
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters.data()) != 1) {
    rsa_importer_slot(type).reset();  // what has failed once is not used again
    return malformed("its RSA key cannot be read");
  }
  return Imported{type, numbers->bits, Key(made)};
}

Result<Imported> import_rsa_pss(View parameters, View der) {
  if (parameters.empty()) return import_rsa(KeyType::rsa_pss, std::nullopt, der);
  const auto restriction = read_pss_restriction(parameters);
  if (!restriction) return std::unexpected(restriction.error());
  return import_rsa(KeyType::rsa_pss, *restriction, der);
}

Result<Imported> import(const AlgorithmIdentifier& algorithm, View key) {
  if (same(algorithm.id, id_ec_public_key)) return import_ec(algorithm.parameters, key);
  if (same(algorithm.id, id_ed25519)) return import_ed25519(algorithm.parameters, key);
  if (same(algorithm.id, id_rsassa_pss)) return import_rsa_pss(algorithm.parameters, key);
  if (!same(algorithm.id, id_rsa_encryption)) return unsupported("its key is none of ECDSA, RSA, RSA-PSS and Ed25519");
  // RFC 4055, 1.2: with rsaEncryption "the parameters field MUST have ASN.1 type NULL".
  if (!is_null(algorithm.parameters)) return malformed("its RSA key has odd parameters");
  return import_rsa(KeyType::rsa, std::nullopt, key);
}

}  // namespace

Result<PublicKey> PublicKey::from_spki(View subject_public_key_info) {
  // SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }, RFC 5280, 4.1.
  const auto outer = wire::read_der(subject_public_key_info, DerTag::sequence);
  if (!outer) return std::unexpected(outer.error());
  DerReader reader(outer->content);
  const auto algorithm_field = reader.expect(DerTag::sequence);
  if (!algorithm_field) return std::unexpected(algorithm_field.error());
  const auto key_field = reader.expect(DerTag::bit_string);
  if (!key_field) return std::unexpected(key_field.error());
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  const auto algorithm = read_algorithm(algorithm_field->content);
  if (!algorithm) return std::unexpected(algorithm.error());
  const auto bits = wire::der_bits(key_field->content);
  if (!bits) return std::unexpected(bits.error());
  if (bits->unused != 0) return malformed("its public key is not whole octets");
  auto imported = import(*algorithm, bits->octets);
  if (!imported) return std::unexpected(std::move(imported.error()));
  return PublicKey(imported->type, imported->bits, imported->key.release());
}

PublicKey::PublicKey(PublicKey&& other) noexcept
    : type_(other.type_), bits_(other.bits_), key_(std::exchange(other.key_, nullptr)) {}

PublicKey& PublicKey::operator=(PublicKey&& other) noexcept {
  std::swap(type_, other.type_);
  std::swap(bits_, other.bits_);
  std::swap(key_, other.key_);
  return *this;
}

PublicKey::~PublicKey() { EVP_PKEY_free(key_); }

std::vector<SignatureScheme> PublicKey::tls13_schemes() const {
  return usable_schemes(key_, type_, tls13_schemes_of(type_, bits_), SignatureUse::verify);
}

std::vector<SignatureScheme> PublicKey::tls12_schemes() const {
  return usable_schemes(key_, type_, tls12_schemes_of(type_, bits_), SignatureUse::verify);
}

Result<void> PublicKey::verify(SignatureScheme scheme, View message, View signature) const {
  const auto* facts = facts_of(scheme);
  if (facts == nullptr || !scheme_fits_tls12(scheme, type_)) return fail(Code::wrong_signature_scheme);
  // An id-RSASSA-PSS key may forbid the scheme.
  if (type_ == KeyType::rsa_pss && !signature_context(key_, *facts, SignatureUse::verify))
    return fail_clean(Code::wrong_signature_scheme);
  return check_signature(key_, *facts, message, signature);
}

}  // namespace sotto::crypto
