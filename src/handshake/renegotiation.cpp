#include "handshake/renegotiation.hpp"

#include "base/secret.hpp"
#include "crypto/hash.hpp"

namespace sotto::handshake {

Bytes renegotiation_info(const Renegotiable* before, End sender) {
  Bytes content;
  if (before == nullptr) return content;
  content.insert(content.end(), before->client_verify_data.begin(), before->client_verify_data.end());
  if (sender == End::server)
    content.insert(content.end(), before->server_verify_data.begin(), before->server_verify_data.end());
  return content;
}

Result<void> check_renegotiation_info(const Renegotiable* before, End sender, const wire::RenegotiationInfo& info) {
  const auto expected = renegotiation_info(before, sender);
  if (equal_in_constant_time(expected, info.renegotiated_connection)) return {};
  return fail(Code::renegotiation_mismatch, before == nullptr
                                                ? "renegotiation_info is not empty in a first handshake"
                                                : "renegotiation_info does not name the Finished messages before it");
}

Result<Bytes> identity_of(const Certificate& certificate) {
  const auto hash = crypto::digest(crypto::HashAlgorithm::sha256, as_view(certificate.der()));
  if (!hash) return std::unexpected(hash.error());
  return own(hash->view());
}

Result<void> check_same_peer(const Renegotiable* before, const Certificate& end_entity) {
  if (before == nullptr || before->peer_identity.empty()) return {};
  const auto identity = identity_of(end_entity);
  if (!identity) return std::unexpected(identity.error());
  // With a peer that changes, what was said before could be taken for the words of the new one.
  if (!same(*identity, before->peer_identity)) return fail(Code::peer_certificate_changed);
  return {};
}

Result<void> check_same_master_secret_kind(const Renegotiable* before, bool extended_master_secret) {
  if (before == nullptr || before->extended_master_secret == extended_master_secret) return {};
  return fail(Code::extended_master_secret_changed, "in a renegotiation");
}

Result<void> check_integrity(const Renegotiable* before, Integrity agreed) {
  // "implementations MUST NOT downgrade from encrypt-then-MAC to MAC-then-encrypt", by way of a suite without CBC
  // neither: "these rules apply across potentially many rehandshakes".
  if (before == nullptr || !before->encrypt_then_mac || agreed != Integrity::mac_then_encrypt) return {};
  return fail(Code::renegotiation_mismatch, "it gives up encrypt_then_mac");
}

}  // namespace sotto::handshake
