/// \file
/// Questions: decisions of a handshake that may be answered late, from elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sotto/credential.hpp>
#include <sotto/early_data.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>
#include <sotto/verifier.hpp>

namespace sotto::inline v0 {

/// Numbers a question of one connection; an answer to any other than the open one is `Code::no_such_question`.
enum class QuestionId : std::uint64_t {};

/// Asks a server which credential to show for this ClientHello. Answer with a `Credential`.
struct ChooseCredentialQuestion {
  ProtocolVersion version = ProtocolVersion::tls13;  ///< decides which of a credential's lists of schemes counts
  std::string server_name;                           ///< lower case; empty if the client sent none
  std::vector<std::string> application_protocols;    ///< what the client offers by ALPN
  std::vector<SignatureScheme> signature_schemes;    ///< what the client can verify
  /// Suites that both sides have, in our order. In TLS 1.2 they decide which keys will do: RSA key exchange, for one,
  /// takes a key that can decrypt and needs no scheme (`Credential::can_decrypt`).
  std::vector<CipherSuite> cipher_suites;
  /// In TLS 1.2, the groups that the client lists: the curve of an ECDSA key must be among them, unless none are
  /// listed. RFC 8422, 5.1.
  std::vector<NamedGroup> groups;
  std::vector<std::vector<std::byte>> authorities;  ///< DER names of issuers that the client trusts; it may tell none
  std::vector<CertificateType> types = {CertificateType::x509};  ///< kinds of identities that the client takes
};

/// Asks a client which credential to show, if any. Answer with a `Credential`, or with `NoCredential`.
struct ChooseClientCredentialQuestion {
  ProtocolVersion version = ProtocolVersion::tls13;
  std::vector<std::vector<std::byte>> authorities;       ///< DER names of acceptable issuers; empty: any
  std::vector<SignatureScheme> signature_schemes;        ///< what the server can verify
  std::vector<ClientCertificateType> certificate_types;  ///< in TLS 1.2, kinds of keys that will do; empty: any
  CertificateType type = CertificateType::x509;          ///< the kind of identity that the server chose
};

/// Asks for a signature over `message`, which is not yet hashed. Answer with a `Signature`.
struct SignQuestion {
  Credential credential;
  SignatureScheme scheme;
  std::vector<std::byte> message;
};

/// Asks for the pre-master secret that a TLS 1.2 client encrypted to the RSA key. Answer with a `PremasterSecret`: what
/// `Credential::decrypt_premaster` returned, or what a key elsewhere decrypted. If that failed, in whatever way, answer
/// with 48 random octets and tell nobody: RFC 5246, 7.4.7.1.
struct DecryptQuestion {
  Credential credential;
  ProtocolVersion client_version = ProtocolVersion::tls12;  ///< what the plaintext must begin with
  std::vector<std::byte> encrypted;
};

/// Asks for a judgement on the peer's chain. Answer with what `Verifier::verify(request)` returned.
struct VerifyQuestion {
  VerifyRequest request;
};

/// Asks whether a ClientHello with early data comes for the first time. Answer with `FirstTime`; when in doubt, with
/// no.
struct ReplayQuestion {
  EarlyDataAttempt attempt;
};

/// Holds one question that the connection waits for.
struct Question {
  QuestionId id{};
  std::variant<ChooseCredentialQuestion, ChooseClientCredentialQuestion, SignQuestion, DecryptQuestion, VerifyQuestion,
               ReplayQuestion>
      what;
};

/// Says that a client shows no certificate.
struct NoCredential {};
/// Holds a signature, in the encoding that TLS uses for the scheme.
struct Signature {
  std::vector<std::byte> bytes;
};
/// Holds a decrypted pre-master secret, 48 octets, and wipes it when it dies. Move-only.
struct SOTTO_API PremasterSecret {
  PremasterSecret() = default;
  explicit PremasterSecret(std::vector<std::byte> secret) : bytes(std::move(secret)) {}
  PremasterSecret(PremasterSecret&& other) noexcept : bytes(std::exchange(other.bytes, {})) {}
  PremasterSecret& operator=(PremasterSecret&& other) noexcept {
    bytes.swap(other.bytes);
    return *this;
  }
  ~PremasterSecret();
  std::vector<std::byte> bytes;
};
/// Says whether something comes for the first time.
enum class FirstTime : std::uint8_t { no, yes };
/// Answers a question; an `Error` refuses, which ends the handshake.
using Answer = std::variant<Credential, NoCredential, Signature, PremasterSecret, Verified, FirstTime, Error>;

/// Chooses among `credentials` as a server does that answers by itself: of those whose keys the client can use, the
/// first whose certificate is for the name it asked for, else the first; those of issuers that it names go before all
/// others. `policy`: says what we sign with. Errors tell what the last credential lacked: `no_common_signature_scheme`,
/// `no_common_cipher_suite`, `no_common_group`.
[[nodiscard]] SOTTO_API Result<Credential> choose_credential(const ChooseCredentialQuestion& question,
                                                             std::span<const Credential> credentials,
                                                             const Policy& policy);
/// Chooses as a client does: the first credential that the server can use and that is of an issuer it named. Errors:
/// `no_common_signature_scheme`, `no_matching_issuer`, `no_matching_certificate_type`.
[[nodiscard]] SOTTO_API Result<Credential> choose_credential(const ChooseClientCredentialQuestion& question,
                                                             std::span<const Credential> credentials,
                                                             const Policy& policy);

/// Names kinds of questions, to say which ones the caller answers itself.
enum class Ask : std::uint8_t {
  nothing = 0,
  credential = 1,
  signature = 2,
  verification = 4,
  decryption = 8,
  replay = 16,
  everything = 31
};
constexpr Ask operator|(Ask left, Ask right) {
  return static_cast<Ask>(static_cast<std::uint8_t>(left) | static_cast<std::uint8_t>(right));
}
constexpr bool includes(Ask set, Ask kind) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(kind)) != 0;
}

}  // namespace sotto::inline v0
