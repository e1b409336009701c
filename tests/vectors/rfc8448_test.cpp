// The five handshakes of RFC 8448, replayed through the key schedule, the messages and the records.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "keys/schedule13.hpp"
#include "keys/transcript.hpp"
#include "record/protection.hpp"
#include "support/hex.hpp"
#include "wire/hellos.hpp"
#include "wire/messages13.hpp"

namespace sotto {
namespace {

using record::ContentType;
using test::from_hex;
using test::to_hex;

const auto* const suite = keys::find_suite(CipherSuite::TLS_AES_128_GCM_SHA256);

/// Parses and encodes a message again; it must come out the same.
template <class M>
std::string round_trip(View raw) {
  const auto message = wire::parse_message<M>(raw);
  if (!message) return message.error().message();
  Bytes encoded;
  if (auto written = wire::encode_message(*message, encoded); !written) return written.error().message();
  return to_hex(encoded);
}

std::string round_trip_any(View raw) {
  using namespace wire;
  if (HelloRetryRequest::matches(raw)) return round_trip<HelloRetryRequest>(raw);
  switch (type_of(raw)) {
    case HandshakeType::client_hello: return round_trip<ClientHello>(raw);
    case HandshakeType::server_hello: return round_trip<ServerHello>(raw);
    case HandshakeType::encrypted_extensions: return round_trip<EncryptedExtensions>(raw);
    case HandshakeType::certificate_request: return round_trip<CertificateRequest>(raw);
    case HandshakeType::certificate: return round_trip<wire::Certificate>(raw);
    case HandshakeType::certificate_verify: return round_trip<CertificateVerify>(raw);
    case HandshakeType::finished: return round_trip<Finished>(raw);
    case HandshakeType::new_session_ticket: return round_trip<NewSessionTicket>(raw);
    default: return to_hex(raw);
  }
}

/// One side's present keys: what it seals must equal the RFC's record, and what is opened the RFC's payload.
struct Direction {
  std::optional<record::Sealer> sealer;
  std::optional<record::Opener> opener;
};

class Trace {
 public:
  explicit Trace(const std::string& name) {
    std::ifstream file(std::string(SOTTO_TESTS_DIR) + "/vectors/rfc8448/" + name + ".json");
    trace_ = nlohmann::json::parse(file);
  }

  void replay() {
    const auto& steps = trace_["steps"];
    for (std::size_t i = 0; i < steps.size(); ++i) {
      SCOPED_TRACE(std::to_string(i) + ": " + steps[i]["action"].get<std::string>());
      fields_ = steps[i]["fields"];
      take(steps[i]["side"], steps[i]["action"], i);
    }
  }
  [[nodiscard]] int checks() const { return checks_; }

 private:
  Bytes field(const std::string& name) const { return from_hex(fields_.value(name, "")); }
  void expect(View seen, const std::string& name) {
    EXPECT_EQ(to_hex(seen), fields_.at(name).get<std::string>()) << name;
    ++checks_;
  }

  void take(const std::string& side, const std::string& action, std::size_t index) {
    if (action.starts_with("construct a")) return take_message(index);
    if (action == "extract secret \"early\"") return extract_early();
    if (action == "extract secret \"handshake\"") return extract_handshake();
    if (action == "extract secret \"master\"") return extract_master();
    if (action.starts_with("derive secret \"tls13 ")) return derive(action.substr(21, action.size() - 22));
    if (action.starts_with("calculate finished")) return check_finished();
    if (action.starts_with("calculate PSK binder")) return check_binder();
    if (action.starts_with("derive write traffic keys")) return change_keys(side);
    // Where the RFC prints a client's keys only as those that the server reads with.
    if (action.starts_with("derive read traffic keys")) return change_keys(side == "server" ? "client" : "server");
    if (action.starts_with("generate resumption secret")) return check_ticket_psk();
    if (action.starts_with("send ") && action.ends_with(" record")) return send(side, action);
  }

  void take_message(std::size_t index) {
    auto raw = from_hex(fields_.begin().value().get<std::string>());
    // A ClientHello with binders is whole only in the record.
    const auto& later = trace_["steps"];
    for (auto i = index + 1; i < later.size() && wire::type_of(raw) == wire::HandshakeType::client_hello; ++i) {
      if (later[i]["action"] != "send handshake record") continue;
      raw = from_hex(later[i]["fields"]["payload"].get<std::string>());
      break;
    }
    EXPECT_EQ(round_trip_any(raw), to_hex(raw));
    ++checks_;
    if (wire::type_of(raw) == wire::HandshakeType::new_session_ticket) return;
    if (wire::HelloRetryRequest::matches(raw)) {
      ASSERT_TRUE(transcript_.select(suite->hash));
      ASSERT_TRUE(transcript_.replace_by_message_hash());
    }
    ASSERT_TRUE(transcript_.absorb(raw));
    if (wire::type_of(raw) == wire::HandshakeType::server_hello) {
      ASSERT_TRUE(transcript_.select(suite->hash));
    }
  }

  void extract_early() {
    early_.emplace(keys::EarlyStage::start(suite, field("IKM")).value());
    expect(early_->secret(), "secret");
  }
  void extract_handshake() { handshake_.emplace(std::move(*early_).advance(field("IKM")).value()); }
  void extract_master() {
    // The client derives handshake secrets again further on, from values that the trace repeats.
    application_.emplace(std::move(*handshake_).advance().value());
  }

  void derive(const std::string& label) {
    const crypto::Digest hash(field("hash"));
    if (label != "c e traffic" && label != "e exp master") {
      expect(transcript_.current()->view(), "hash");
    }
    if (label == "c e traffic") return expect(early_->client_traffic(hash)->secret.view(), "expanded");
    if (label == "e exp master") return expect(early_->exporter_secret(hash)->view(), "expanded");
    if (label == "c hs traffic") return expect(handshake_->client_traffic(hash)->secret.view(), "expanded");
    if (label == "s hs traffic") return expect(handshake_->server_traffic(hash)->secret.view(), "expanded");
    if (label == "c ap traffic") return expect(application_->client_traffic(hash)->secret.view(), "expanded");
    if (label == "s ap traffic") return expect(application_->server_traffic(hash)->secret.view(), "expanded");
    if (label == "exp master") return expect(application_->exporter_secret(hash)->view(), "expanded");
    if (label == "res master") return expect(std::move(*application_).resumption_secret(hash)->view(), "expanded");
    expect(keys::expand_label(suite->hash, field("PRK"), label, hash.view())->view(), "expanded");
  }

  void check_finished() {
    const keys::TrafficSecret base{suite, crypto::HashSecret(field("PRK"))};
    expect(base.finished_key()->view(), "expanded");
    expect(keys::verify_data(base, *transcript_.current())->view(), "finished");
  }

  void check_binder() {
    const auto binder_key = early_->resumption_binder_key();
    expect(binder_key->secret.view(), "PRK");
    const auto hash = crypto::digest(suite->hash, field("ClientHello prefix"));
    expect(hash->view(), "binder hash");
    expect(keys::verify_data(*binder_key, *hash)->view(), "finished");
  }

  void check_ticket_psk() { expect(keys::ticket_psk(suite->hash, field("PRK"), field("hash"))->view(), "expanded"); }

  void change_keys(const std::string& side) {
    const keys::TrafficSecret secret{suite, crypto::HashSecret(field("PRK"))};
    const auto keys = keys::derive_traffic_keys(secret);
    expect(keys->key.view(), "key expanded");
    expect(keys->iv, "iv expanded");
    auto& direction = directions_[side];
    direction.sealer.emplace(record::Sealer::create(secret).value());
    direction.opener.emplace(record::Opener::create(secret).value());
  }

  void send(const std::string& side, const std::string& action) {
    auto complete = field("complete record");
    const auto payload = field("payload");
    const auto type = action.contains("handshake")          ? ContentType::handshake
                      : action.contains("alert")            ? ContentType::alert
                      : action.contains("application_data") ? ContentType::application_data
                                                            : ContentType::change_cipher_spec;
    auto& direction = directions_[side];
    const bool is_protected = direction.sealer && type != ContentType::change_cipher_spec;
    if (is_protected) {
      Buffer out;
      ASSERT_TRUE(direction.sealer->seal(type, payload, {}, out));
      EXPECT_EQ(to_hex(out.readable()), to_hex(complete));
    }
    const auto deframed =
        record::deframe(complete, is_protected ? record::Protection::aead : record::Protection::none).value();
    ASSERT_TRUE(deframed.record);
    if (!is_protected) {
      EXPECT_EQ(deframed.record->type, type);
      expect(deframed.record->fragment, "payload");
      return;
    }
    const auto opened = direction.opener->open(*deframed.record).value();
    EXPECT_EQ(opened.type, type);
    expect(opened.content, "payload");
  }

  nlohmann::json trace_;
  nlohmann::json fields_;
  keys::Transcript transcript_;
  std::optional<keys::EarlyStage> early_;
  std::optional<keys::HandshakeStage> handshake_;
  std::optional<keys::ApplicationStage> application_;
  std::map<std::string, Direction> directions_;
  int checks_ = 0;
};

class Rfc8448 : public testing::TestWithParam<const char*> {};

TEST_P(Rfc8448, replays_octet_for_octet) {
  Trace trace(GetParam());
  trace.replay();
  EXPECT_GE(trace.checks(), 40);
}

INSTANTIATE_TEST_SUITE_P(Traces, Rfc8448,
                         testing::Values("simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-auth",
                                         "compat-mode"),
                         [](const auto& trace) {
                           std::string name = trace.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sotto
