#include "expectations.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "failure.hpp"
#include "stub_verifier.hpp"

namespace sotto::bogo {
namespace {

void check_parameters(const Options& options, const Summary& summary) {
  const auto equal = [](int wanted, auto got) { return wanted == 0 || wanted == static_cast<int>(got); };
  expect(equal(options.expect_version, summary.version), "the version is " + to_string(summary.version));
  for (const auto wanted : {options.expect_cipher, options.expect_cipher_aes})
    expect(equal(wanted, summary.cipher_suite), "the cipher suite is " + to_string(summary.cipher_suite));
  // A resumed session does not remember the group of TLS 1.2, nor what the peer proved itself with.
  if (options.expect_curve_id != 0 && !(summary.resumed && summary.version == ProtocolVersion::tls12))
    expect(summary.group && equal(options.expect_curve_id, *summary.group),
           "the group is " + (summary.group ? to_string(*summary.group) : "none"));
  expect(!options.expect_hrr || summary.hello_retried, "there was no HelloRetryRequest");
  expect(!options.expect_no_hrr || !summary.hello_retried, "there was a HelloRetryRequest");
  const auto& scheme = options.server ? summary.client_signature_scheme : summary.signature_scheme;
  if (options.expect_peer_signature_algorithm != 0 && !summary.resumed)
    expect(scheme && equal(options.expect_peer_signature_algorithm, *scheme),
           "the peer signed with " + (scheme ? to_string(*scheme) : "nothing"));
}

void check_names(const Options& options, const Summary& summary) {
  if (!options.expect_server_name.empty())
    expect(summary.server_name == options.expect_server_name, "the server name is \"" + summary.server_name + "\"");
  expect(!options.expect_no_server_name || summary.server_name.empty(), "there is a server name");
  const auto& protocol = options.server ? options.select_alpn : options.expect_alpn;
  expect(summary.application_protocol == protocol,
         "the application protocol is \"" + summary.application_protocol + "\"");
}

CertificateChain load_chain(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string pem(std::istreambuf_iterator<char>(in), {});
  return must(Certificate::from_pem(pem));
}

void check_peer(const Options& options, const Summary& summary) {
  if (options.expect_no_peer_cert) expect(summary.peer_chain.empty(), "the peer showed a certificate");
  const bool by_key = !summary.external_psk.empty();
  const bool peer_must_show = !by_key && (!options.server || options.require_any_client_certificate);
  if (!options.expect_no_peer_cert && peer_must_show && !summary.resumed)
    expect(!summary.peer_chain.empty(), "the peer showed no certificate");
  if (options.expect_verify_result && !(summary.peer_authenticated.empty() && !options.verify_fail))
    expect(summary.peer_authenticated == (options.verify_fail ? refused_in_vain : accepted),
           "the verifier's word is \"" + summary.peer_authenticated + "\"");
  if (!options.expect_peer_cert_file.empty() && !summary.resumed)
    expect(summary.peer_chain == load_chain(options.expect_peer_cert_file), "the peer showed another chain");
}

/// What came with the peer's certificate, in a full handshake.
void check_staples(const Options& options, const Summary& summary) {
  if (summary.resumed) return;
  if (options.expect_ocsp_response)
    expect(summary.ocsp_response == options.expect_ocsp_response->bytes, "the OCSP response is another one");
  if (!options.expect_signed_cert_timestamps) return;
  const auto& list = options.expect_signed_cert_timestamps->bytes;
  expect(std::ranges::equal(summary.sct_list, std::span(list).subspan(2)), "the list of timestamps is another one");
}

void check_early_data(const Options& options, const Summary& summary) {
  const bool accepted = summary.early_data == EarlyDataStatus::accepted;
  expect(!options.expect_accept_early_data || accepted, "early data was not accepted");
  expect(!options.expect_reject_early_data || !accepted, "early data was accepted");
  if (!options.expect_early_data_reason.empty())
    // One test says "accept" where the others say "accepted".
    expect(to_string(summary.early_data_reason).starts_with(options.expect_early_data_reason),
           "the reason of what became of early data is " + to_string(summary.early_data_reason));
  // The runner looks at it from the other side.
  const auto skew = -std::chrono::duration_cast<std::chrono::seconds>(summary.ticket_age_skew).count();
  if (options.expect_ticket_age_skew != 0 && summary.resumed)
    expect(skew == options.expect_ticket_age_skew, "the age of the ticket is off by " + std::to_string(skew));
}

/// The number of what proved who we are: a pre-shared key, if there was one.
int used_credential(const Setup& setup, const Conversation& conversation) {
  for (const auto& each : setup.psks)
    if (conversation.connection().summary().external_psk == each.psk.identity()) return each.number;
  return conversation.answers().used_credential();
}

/// A resumed session does not remember how the peer showed itself.
void check_raw_public_key(const Options& options, const Summary& summary) {
  if (summary.resumed || summary.peer_chain.empty()) return;
  const auto& shown = summary.peer_chain.front();
  if (options.expect_peer_certificate_type)
    expect(static_cast<int>(shown.type()) == *options.expect_peer_certificate_type,
           "the peer showed another kind of identity");
  if (!options.expect_peer_rpk_sha256) return;
  std::vector<std::byte> hash(SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(shown.der().data()), shown.der().size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  expect(hash == options.expect_peer_rpk_sha256->bytes, "the peer has another raw public key");
}

/// The extended master secret is what the exporter of TLS 1.2 needs.
bool has_extended_master_secret(const Connection& connection) {
  std::array<std::byte, 1> octet{};
  return connection.export_keying_material("EXPORTER-sotto", {}, octet).has_value();
}

}  // namespace

void check_handshake(const Setup& setup, const Options& options, Conversation& conversation, Turn turn) {
  const auto& summary = conversation.connection().summary();
  check_parameters(options, summary);
  check_names(options, summary);
  check_peer(options, summary);
  check_raw_public_key(options, summary);
  const bool resumes = turn == Turn::resume && !options.expect_session_miss;
  expect(summary.resumed == resumes, summary.resumed ? "the session was resumed" : "the session was not resumed");
  expect(!options.expect_extended_master_secret || has_extended_master_secret(conversation.connection()),
         "there is no extended master secret");
  check_staples(options, summary);
  check_early_data(options, summary);
  if (options.expect_selected_credential) {
    const auto used = used_credential(setup, conversation);
    expect(*options.expect_selected_credential == used, "credential " + std::to_string(used) + " was used");
  }
  if (!options.server && summary.version == ProtocolVersion::tls12) {
    const bool wanted = !options.expect_no_session && (!summary.resumed || options.expect_ticket_renewal);
    expect(setup.state.sessions->got_new() == wanted, wanted ? "there is no session" : "there is a session");
  }
}

void check_end(const Setup& setup, const Options& options, Conversation& conversation) {
  if (!options.server && conversation.connection().summary().version == ProtocolVersion::tls13) {
    const bool wanted = !options.expect_no_session && !options.shim_shuts_down;
    expect(setup.state.sessions->got_new() == wanted, wanted ? "there is no session" : "there is a session");
    if (wanted)
      expect(setup.state.sessions->newest_allows_early_data() == options.expect_ticket_supports_early_data,
             "the ticket says something else about early data");
  }
  expect(static_cast<int>(conversation.connection().summary().renegotiations) == options.expect_total_renegotiations,
         "there were " + std::to_string(conversation.connection().summary().renegotiations) + " renegotiations");
  if (!options.expect_msg_callback.empty())
    expect(setup.watcher->text() == options.expect_msg_callback,
           "the messages were\n" + setup.watcher->text() + "and not\n" + options.expect_msg_callback);
}

}  // namespace sotto::bogo
