/// \file
/// What the attacks need: connections to attack, and the means of somebody who sits on the way between two peers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/protection12.hpp"
#include "support/deliver.hpp"
#include "support/forger.hpp"
#include "support/message_peer.hpp"
#include "support/pair.hpp"
#include "wire/hellos.hpp"
#include "wire/messages12.hpp"

namespace sotto::attack {

using namespace test;
using record::ContentType;
using wire::ExtensionType;
using wire::HandshakeType;

// ---- settings ----

inline Policy of_version(ProtocolVersion version, Policy policy = Policy::modern()) {
  policy.versions = {version};
  return policy;
}
inline Policy tls12(Policy policy = Policy::modern()) { return of_version(ProtocolVersion::tls12, std::move(policy)); }
/// Offers one suite of TLS 1.2.
inline Policy with_suite12(CipherSuite suite) {
  auto policy = tls12(Policy::legacy());
  policy.cipher_suites = {suite};
  return policy;
}
/// Serves everything that sotto has, with ECDSA and with RSA.
inline ServerConfig::Builder legacy_server() {
  auto builder = ServerConfig::builder();
  builder.policy(Policy::legacy()).credential(credential()).credential(credential(KeyKind::rsa_2048));
  return builder;
}
inline constexpr std::array both_versions = {ProtocolVersion::tls12, ProtocolVersion::tls13};

// ---- what must come out ----

/// Expects that `victim` refused: with this code, for which its peer is told this alert.
inline void expect_refused(const std::optional<Error>& error, Code code, Alert alert, std::string_view what = {}) {
  ASSERT_TRUE(error) << "nothing was refused; " << what;
  EXPECT_EQ(error->code, code) << error->message() << "; " << what;
  EXPECT_EQ(error->alert, alert) << error->message() << "; " << what;
}
inline void expect_refused(const End& victim, Code code, Alert alert, std::string_view what = {}) {
  expect_refused(victim.error, code, alert, what);
}

// ---- the attacker on the way ----

/// Returns a record without protection.
inline std::vector<std::byte> plain_record(ContentType type, View content) {
  const auto header = record::make_header(type, content.size());
  auto bytes = own_public(header);
  const auto rest = as_public(content);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

/// Takes a flight apart: the handshake messages that are not encrypted, and all that follows them.
class Flight {
 public:
  explicit Flight(Buffer& out) : out_(out) {
    Bytes content;
    while (out_.size() >= record::header_octets && out_.readable()[0] == std::byte{22}) {
      const auto length =
          std::to_integer<std::size_t>(out_.readable()[3]) << 8 | std::to_integer<std::size_t>(out_.readable()[4]);
      const auto fragment = as_view(std::as_const(out_).readable().subspan(record::header_octets, length));
      content.insert(content.end(), fragment.begin(), fragment.end());
      out_.consume(record::header_octets + length);
    }
    rest_ = own_public(as_view(std::as_const(out_).readable()));
    out_.clear();
    for (View left = content; !left.empty();) {
      const auto octets = wire::handshake_header_octets + wire::body_of(left).size();
      messages.push_back(own(left.first(octets)));
      left = left.subspan(octets);
    }
  }
  /// Returns the first message of that type, which has to be there.
  Bytes& of(HandshakeType type) {
    for (auto& message : messages)
      if (wire::type_of(message) == type) return message;
    throw std::logic_error("the flight has no " + wire::name_of(type));
  }
  /// Sends what the messages are now, each in a record of its own.
  void send() {
    for (const auto& message : messages) out_.append(plain_record(ContentType::handshake, message));
    out_.append(rest_);
  }
  std::vector<Bytes> messages;

 private:
  Buffer& out_;
  std::vector<std::byte> rest_;
};

/// Changes the fields of a message.
template <class M, class Change>
void change(Bytes& raw, Change alter) {
  const auto before = raw;
  auto message = wire::parse_message<M>(before).value();
  alter(message);
  raw.clear();
  if (!wire::encode_message(message, raw)) throw std::logic_error("the message could not be encoded");
}

/// Replaces an extension, adds it at the end, or removes it where there is no `data`.
template <class M>
void change_extension(Bytes& raw, ExtensionType type, const std::optional<Bytes>& data) {
  Bytes encoded;
  wire::Writer writer(encoded);
  const auto write = [&](ExtensionType kind, View content) {
    writer.u16(static_cast<std::uint16_t>(kind));
    writer.vector(wire::between<0, 0xffff>, content);
  };
  change<M>(raw, [&](M& message) {
    bool found = false;
    message.extensions.each([&](const wire::RawExtension& extension) {
      const bool it = extension.type == type;
      found |= it;
      if (!it) write(extension.type, extension.data);
      if (it && data) write(type, *data);
    });
    if (!found && data) write(type, *data);
    message.extensions = decltype(message.extensions)(encoded);
  });
}

/// Flips one bit of the last octet: of a signature, a MAC, a binder.
inline void damage_end(Bytes& raw) { raw.back() ^= 1; }

/// A whole handshake without records, where `change` sees each message on its way. A change_cipher_spec is an empty
/// message.
enum class From : std::uint8_t { client, server };
struct Conversation {
  using Change = std::function<void(From, Bytes&)>;
  Conversation(std::shared_ptr<const ClientConfig> client_config, std::shared_ptr<const ServerConfig> server_config,
               const Change& change)
      : client(std::move(client_config), ServerName("localhost"), nullptr), server(std::move(server_config), nullptr) {
    client.run();
    server.run();
    for (int flights = 0; flights < 4; ++flights) {
      for (auto& message : client.sent()) {
        if (!message.empty()) change(From::client, message);
        server.take(message);
      }
      for (auto& message : server.sent()) {
        if (!message.empty()) change(From::server, message);
        client.take(message);
      }
    }
  }
  [[nodiscard]] bool done() const { return client.shake.is_done() && server.shake.is_done(); }
  [[nodiscard]] const std::optional<Error>& error_of(From side) const {
    return side == From::client ? client.error : server.error;
  }
  MessageClient client;
  MessageServer server;
};
/// Returns a change that befalls each message of this type from that side.
inline Conversation::Change to_each(From side, HandshakeType type, std::function<void(Bytes&)> alter) {
  return [=](From from, Bytes& message) {
    if (from == side && wire::type_of(message) == type) alter(message);
  };
}

// ---- an established connection whose secrets the attacker has: a hostile peer ----

/// Seals records of TLS 1.2 as one side would, right behind its first Finished.
class Forger12 {
 public:
  Forger12(const KeptKeyLog& log, View server_random, From side, CipherSuite suite) {
    const auto line = log.lines.back();
    const auto client_random = from_hex(std::string_view(line).substr(line.find(' ') + 1, 64));
    const keys::MasterSecret master(from_hex(log.secrets.at("CLIENT_RANDOM")));
    auto block = keys::derive_key_block(keys::find_suite(suite), master, client_random, server_random).value();
    sealer_.emplace(record::Sealer12::create(side == From::client ? block.client : block.server).value());
    Buffer finished;
    append(ContentType::handshake, Bytes{0}, finished);
  }
  void append(ContentType type, View content, Buffer& out) {
    if (!sealer_->seal(type, content, out)) throw std::logic_error("the record could not be sealed");
  }

 private:
  std::optional<record::Sealer12> sealer_;
};

/// An established pair of either version, in which `victim` is attacked by a peer whose records can be forged.
struct Hostile {
  Hostile(From attacker, ProtocolVersion version, Policy policy = Policy::modern())
      : log(std::make_shared<KeptKeyLog>()) {
    policy.tickets = 0;  // so that the server's sequence numbers are known
    pair.emplace(client_builder().policy(of_version(version, policy)).key_log(log).build().value(),
                 server_builder().policy(of_version(version, policy)).build().value());
    deliver(pair->client, pair->server);
    const auto hello = as_view(std::as_const(pair->server.out).readable());
    const auto server_random = own(hello.subspan(record::header_octets + wire::handshake_header_octets + 2, 32));
    pair->run();
    const auto suite = pair->client.connection.summary().cipher_suite;
    if (version == ProtocolVersion::tls12)
      older.emplace(*log, server_random, attacker, suite);
    else
      newer.emplace(*log, attacker == From::client ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0", suite);
    victim = attacker == From::client ? &pair->server : &pair->client;
  }
  Hostile(const Hostile&) = delete;
  Hostile& operator=(const Hostile&) = delete;
  /// Gives the victim a record, protected as it should be.
  void send(ContentType type, View content) {
    if (older)
      older->append(type, content, victim->in);
    else
      newer->append(type, content, victim->in);
    victim->run();
  }
  void send_hex(ContentType type, std::string_view content) { send(type, from_hex(content)); }

  std::shared_ptr<KeptKeyLog> log;
  std::optional<Pair> pair;
  std::optional<Forger12> older;
  std::optional<Forger> newer;
  End* victim = nullptr;
};

inline constexpr std::array both_sides = {From::client, From::server};

}  // namespace sotto::attack
