/// \file
/// Certificate messages that go compressed, in TLS 1.3. RFC 8879.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include <sotto/connection.hpp>

#include "handshake/channel.hpp"
#include "handshake/config.hpp"
#include "wire/hellos.hpp"
#include "wire/messages13.hpp"

namespace sotto::handshake {

/// A Certificate message in either form.
using AnyCertificate = std::variant<Received<wire::Certificate>, Received<wire::CompressedCertificate>>;

/// A Certificate message as it counts, however it came.
struct PlainCertificate {
  Bytes storage;              ///< what `message` borrows from where it came compressed
  wire::Certificate message;  ///< borrows from `storage`, or from what was received
  std::optional<CompressedForm> form;
};

/// What we said of compressed certificates to the peer.
enum class Compression : std::uint8_t { not_offered, offered };

/// Undoes the compression, if any. Nothing is decompressed that was not offered, or that promises to exceed the
/// policy's limit. Errors: `unexpected_message`, `wrong_certificate_compression`, `certificate_chain_too_large`,
/// `certificate_not_decompressed` and those of a Certificate message.
[[nodiscard]] Result<PlainCertificate> open_certificate(const AnyCertificate& received, const Policy& policy,
                                                        Compression offered);

/// Adds the extension by which a peer is offered to send its certificate compressed. Returns whether there is any.
[[nodiscard]] Compression offer_compression(const EncodedPolicy& encoded, wire::ExtensionList& list);

/// Checks a list of algorithms: each may stand there once.
[[nodiscard]] Result<void> check_compression(const std::optional<wire::CompressCertificate>& offered);

/// Chooses the first algorithm of ours that the peer has; nothing where there is none.
[[nodiscard]] std::optional<CertificateCompression> choose_compression(
    const Policy& policy, const std::vector<CertificateCompression>& peers);

/// Sends the chain of `credential`, with `staples` to its first certificate; compressed with `algorithm`, if that is
/// worth it. Returns how it went then.
[[nodiscard]] Result<std::optional<CompressedForm>> send_credential(Channel& channel, View context,
                                                                    const Credential& credential,
                                                                    const wire::ExtensionList& staples,
                                                                    std::optional<CertificateCompression> algorithm);

}  // namespace sotto::handshake
