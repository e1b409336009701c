// Writes the first inputs of every fuzz target, taken from conversations of our own: fuzz_seeds DIRECTORY
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"
#include "handshake/certificates.hpp"
#include "session/ticket.hpp"
#include "support/message_peer.hpp"
#include "support/mysql_greeting.hpp"

namespace sotto {
namespace {

using namespace test;

class Corpus {
 public:
  explicit Corpus(std::filesystem::path directory) : directory_(std::move(directory)) {}
  /// Adds an input for `target`: its octets of instruction, then `content`.
  void add(std::string_view target, std::initializer_list<unsigned> instruction, View content) {
    const auto folder = directory_ / target;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / ("seed" + std::to_string(++count_)), std::ios::binary);
    for (const auto octet : instruction) file.put(static_cast<char>(octet));
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    written_ = written_ && file.good();
  }
  [[nodiscard]] bool is_written() const { return written_ && count_ > 0; }

 private:
  std::filesystem::path directory_;
  unsigned count_ = 0;
  bool written_ = true;
};

/// Collects what both sides of a handshake say, message by message.
std::vector<Bytes> messages_of(ProtocolVersion version) {
  auto policy = Policy::legacy();
  policy.versions = {version};
  MessageClient client(client_builder().policy(policy).credential(client_credential()).build().value(),
                       ServerName("localhost"), nullptr);
  MessageServer server(
      server_builder().policy(policy).request_client_certificate(ClientAuth::required, roots()).build().value(),
      nullptr);
  std::vector<Bytes> all;
  client.run();
  server.run();
  for (int flight = 0; flight < 4; ++flight) {
    for (auto& message : client.sent()) {
      server.take(message);
      all.push_back(std::move(message));
    }
    for (auto& message : server.sent()) {
      client.take(message);
      all.push_back(std::move(message));
    }
  }
  return all;
}

void add_messages(Corpus& corpus) {
  for (const auto version : {ProtocolVersion::tls13, ProtocolVersion::tls12})
    for (const auto& message : messages_of(version)) {
      if (message.empty()) continue;
      for (unsigned which = 0; which < 20; ++which) corpus.add("messages", {which}, wire::body_of(message));
      if (wire::type_of(message) == wire::HandshakeType::client_hello) corpus.add("hello", {}, wire::body_of(message));
    }
}

/// Cuts `bytes` into pieces that say their lengths.
Bytes pieces(View bytes) {
  Bytes cut;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), 255));
    cut.push_back(static_cast<std::uint8_t>(piece.size()));
    cut.insert(cut.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
  }
  return cut;
}

void add_records(Corpus& corpus) {
  for (const unsigned scene : {0u, 1u}) {
    auto policy = Policy::modern();
    if (scene == 1) policy.versions = {ProtocolVersion::tls12};
    Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
    corpus.add("records", {scene}, pieces(as_view(pair.client.out.readable())));
    pair.server.in.append(pair.client.out.readable());
    pair.server.run();
    corpus.add("records", {scene + 2}, pieces(as_view(pair.server.out.readable())));
  }
  const Bytes data = {23, 4, 'd', 'a', 't', 'a', 22, 5, 24, 0, 0, 1, 0, 21, 2, 1, 0};
  for (const unsigned scene : {4u, 5u, 6u, 7u}) corpus.add("records", {scene}, data);
}

void add_handshakes(Corpus& corpus) {
  for (unsigned scene = 0; scene < 16; ++scene)
    for (std::uint8_t instruction = 0; instruction < 8; ++instruction)
      for (std::size_t at = 0; at < 12; ++at) {
        Bytes instructions(at, 0);
        instructions.push_back(instruction);
        corpus.add("handshake", {scene}, instructions);
      }
}

void add_compressed(Corpus& corpus, const Credential& made) {
  Bytes raw;
  if (!wire::encode_message(handshake::certificate_message({}, made.chain(), {}), raw)) return;
  for (const auto algorithm : Policy::modern().certificate_compression) {
    const auto plain = wire::body_of(raw);
    const auto compressed = made.compress(algorithm, as_public(plain)).value();
    wire::CompressedCertificate message;
    message.algorithm = algorithm;
    message.uncompressed_length = static_cast<std::uint32_t>(plain.size());
    message.compressed_certificate_message = as_view(compressed);
    Bytes encoded;
    if (wire::encode_message(message, encoded)) corpus.add("certificate_compression", {}, wire::body_of(encoded));
  }
}

void add_credentials(Corpus& corpus) {
  for (const auto kind : {KeyKind::ecdsa_p256, KeyKind::rsa_2048, KeyKind::ed25519}) {
    LeafRequest request;
    request.names = {"localhost", "*.example", "127.0.0.1"};
    request.key = kind;
    const auto issued = authority().issue(request).value();
    const auto made = Credential::from_pem(issued.chain_pem, issued.key_pem).value();
    corpus.add("certificate", {}, as_view(made.chain().front().der()));
    corpus.add("pem", {}, as_view(std::string_view(issued.chain_pem + issued.key_pem)));
    add_compressed(corpus, made);
  }
}

void add_sessions(Corpus& corpus) {
  const auto store = make_memory_session_store();
  Pair pair(client_builder().session_store(store).build().value(), server_builder().build().value());
  pair.run();
  const auto session = store->take("localhost")->serialize();
  for (const unsigned which : {0u, 1u, 2u}) corpus.add("session", {which}, as_view(session));
}

/// The scenes of tests/fuzz/dialogue.cpp.
constexpr unsigned to_client = 0, to_server = 1, to_greeting = 2, screened_with_client = 3, screened_with_server = 4,
                   to_server_without_offer = 5, with_login = 6, screened_at_once = 7;

/// What both sides of a conversation said, in parts that say their lengths, and as a screen hears it.
struct Conversation {
  Bytes by_server;
  Bytes by_client;
  Bytes screened;

  void add(bool client_speaks, View said) {
    while (!said.empty()) {
      const auto cut = pieces(said.first(std::min<std::size_t>(said.size(), 255)));
      auto& speaker = client_speaks ? by_client : by_server;
      speaker.insert(speaker.end(), cut.begin(), cut.end());
      screened.push_back(client_speaks ? 0 : 1);
      screened.insert(screened.end(), cut.begin(), cut.end());
      said = said.subspan(cut.size() - 1);
    }
  }
};

/// Lets our own client and server talk until TLS would begin.
Conversation converse(starttls::Protocol protocol, const std::string& greeting) {
  starttls::Client client(protocol, "client.example");
  starttls::Server server(protocol, {"server.example", greeting});
  Conversation said;
  const auto carry = [&](starttls::Talk& from, starttls::Talk& to, bool client_speaks) {
    said.add(client_speaks, as_view(from.output().readable()));
    static_cast<void>(to.receive(from.output().readable()));
    from.output().clear();
  };
  while (!client.output().empty() || !server.output().empty()) {
    carry(server, client, false);
    carry(client, server, true);
  }
  return said;
}

/// What clients and servers of each protocol say to each other before TLS, with a greeting of our own and with that of
/// a server behind us.
void add_dialogues(Corpus& corpus) {
  for (const auto& facts : starttls::protocols()) {
    if (facts.protocol == starttls::Protocol::submission) continue;  // SMTP on another port
    auto target = "starttls_" + std::string(facts.name);
    std::ranges::replace(target, '-', '_');
    const bool is_mysql = facts.protocol == starttls::Protocol::mysql;
    const auto greeting = is_mysql ? mysql_greeting() : std::string();
    const auto said = converse(facts.protocol, greeting);
    const auto behind = pieces(as_view(greeting));
    for (const auto scene : {to_client, to_greeting}) corpus.add(target, {scene}, said.by_server);
    for (const auto scene : {to_server, to_server_without_offer, with_login}) {
      auto input = behind.empty() ? Bytes{0} : behind;
      input.insert(input.end(), said.by_client.begin(), said.by_client.end());
      corpus.add(target, {scene}, input);
    }
    for (const auto scene : {screened_with_client, screened_with_server, screened_at_once})
      corpus.add(target, {scene}, said.screened);
  }
}

void add_texts(Corpus& corpus) {
  using namespace std::string_view_literals;
  for (const auto text : {"*.example.com\0www.example.com"sv, "localhost"sv, "::1"sv, "*\0192.0.2.1"sv})
    corpus.add("names", {}, as_view(text));
  for (const auto text : {"tls://example.com:443"sv, "tcp://[::1]:80"sv, "unix:/run/socket"sv, "imaps://mail"sv})
    for (const unsigned role : {0u, 1u}) corpus.add("endpoint", {role}, as_view(text));
  corpus.add("configuration", {},
             as_view("workers = 2\nlog_format = \"json\"\n[[service]]\nname = \"web\"\nlisten = \"tls://:8443\"\n"
                     "to = \"tcp://127.0.0.1:80\"\ncertificates = [{ chain = \"c.pem\", key = \"k.pem\" }]\n"
                     "alpn = [\"h2\"]\nidle_timeout = \"5m\"\n"sv));
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sotto::Corpus corpus(argv[1]);
  sotto::add_messages(corpus);
  sotto::add_records(corpus);
  sotto::add_handshakes(corpus);
  sotto::add_credentials(corpus);
  sotto::add_sessions(corpus);
  sotto::add_dialogues(corpus);
  sotto::add_texts(corpus);
  if (corpus.is_written()) return 0;
  std::fprintf(stderr, "the seeds cannot be written below %s\n", argv[1]);
  return 1;
}
