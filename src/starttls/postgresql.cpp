// PostgreSQL's SSLRequest, and TLS at once. PostgreSQL's documentation, "Message Flow" (SSL Session Encryption) and
// "Message Formats".
#include <array>

#include "starttls/dialects.hpp"
#include "starttls/packets.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;
constexpr std::uint32_t cancel_request = 80877102;
/// The server's own limit for a packet before the login.
constexpr std::size_t longest_packet = 10000;

std::uint32_t number_at(View bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24U | static_cast<std::uint32_t>(bytes[at + 1]) << 16U |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8U | bytes[at + 3];
}

class PostgresqlClient final : public Dialogue {
 public:
  explicit PostgresqlClient(Protocol protocol)
      : Dialogue(protocol, Role::client, "waiting for the answer to SSLRequest") {
    send(View(std::to_array<std::uint8_t>({0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f})));
  }

 private:
  Result<std::size_t> take(View in) override {
    if (in.empty()) return 0;
    switch (in[0]) {
      case 'S': upgrade(); break;
      case 'N': refuse("the server answered N: it has no TLS"); break;
      // The text of an error that nobody vouches for is not shown (CVE-2024-10977).
      case 'E': refuse("the server answered with an error"); break;
      default: return fail(Code::starttls_malformed, "an answer to SSLRequest that is neither S nor N");
    }
    return 1;
  }
};

class PostgresqlServer final : public PacketDialogue {
 public:
  explicit PostgresqlServer(Protocol protocol) : PacketDialogue(protocol, Role::server, "waiting for SSLRequest") {}

 private:
  Result<std::size_t> take(View in) override {
    if (in.empty()) return 0;
    if (is_first_ && in[0] == handshake_record) {
      upgrade_at_once();
      return 0;
    }
    is_first_ = false;
    return PacketDialogue::take(in);
  }

  [[nodiscard]] Result<std::optional<std::size_t>> measure(View start) const override {
    if (start.size() < 4) return std::nullopt;
    const auto length = number_at(start, 0);
    if (length < 8 || length > longest_packet)
      return fail(Code::starttls_malformed, "it does not begin like a client of PostgreSQL");
    return length;
  }

  Result<void> on_packet(View packet) override {
    const auto code = number_at(packet, 4);
    if (code == ssl_request && packet.size() == 8) {
      send("S");
      upgrade();
    } else if (code == gss_request && packet.size() == 8) {
      send("N");  // the client goes on with SSLRequest
    } else if (code == cancel_request) {
      refuse("the client wants to cancel a query without TLS");
    } else {
      send(error_response("28000", "TLS is required here: use sslmode=require or better"));
      refuse("the client wants to log in without TLS");
    }
    return {};
  }

  static Bytes error_response(std::string_view state, std::string_view text) {
    std::string fields;
    const auto field = [&](char type, std::string_view value) {
      fields += type;
      fields += value;
      fields += '\0';
    };
    field('S', "FATAL");
    field('V', "FATAL");
    field('C', state);
    field('M', text);
    fields += '\0';
    const auto length = static_cast<std::uint8_t>(fields.size() + 4);
    Bytes message = {'E', 0, 0, 0, length};
    message.insert(message.end(), fields.begin(), fields.end());
    return message;
  }

  bool is_first_ = true;
};

/// Takes SCRAM-SHA-256-PLUS out of the mechanisms that a server inside TLS offers: it binds the login to that TLS,
/// which the client does not see, and clients without TLS hang up at the sight of it. RFC 5802, 6.
class PostgresqlScreen final : public Screen::Impl {
 public:
  void from_client(View in, Buffer& out) override { out.append(as_public(in)); }

  void from_server(View in, Buffer& out) override {
    held_.insert(held_.end(), in.begin(), in.end());
    while (!finished() && held_.size() >= header_length) {
      const auto length = std::size_t{1} + number_at(held_, 1);  // the type does not count
      if (length < header_length || length > longest_packet || (held_[0] != 'R' && held_[0] != 'v')) {
        finish();
        break;
      }
      if (held_.size() < length) return;
      if (held_[0] == 'R') finish();  // what follows is the exchange itself
      pass(View(held_).first(length), out);
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(length));
    }
    if (finished()) server_ended(out);
  }

  void server_ended(Buffer& out) override {
    out.append(as_public(View(held_)));
    held_.clear();
  }

  [[nodiscard]] bool done() const override { return finished() && held_.empty(); }

 private:
  static constexpr std::size_t header_length = 5;  // type and length

  /// Passes a message on; AuthenticationSASL is type 'R' with the number 10 and a list of names.
  static void pass(View message, Buffer& out) {
    constexpr std::string_view bound("SCRAM-SHA-256-PLUS\0", 19);
    constexpr std::size_t names_begin = header_length + 4;
    const bool is_list = message[0] == 'R' && message.size() > names_begin && number_at(message, header_length) == 10;
    auto names = is_list ? std::string(as_text(message.subspan(names_begin))) : std::string();
    const auto found = names.find(bound);
    if (found == std::string::npos) return out.append(as_public(message));
    names.erase(found, bound.size());
    const auto length = 8 + names.size();
    Bytes shorter = {'R', 0, 0, static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length), 0,
                     0,   0, 10};
    shorter.insert(shorter.end(), names.begin(), names.end());
    out.append(as_public(View(shorter)));
  }

  Bytes held_;
};

}  // namespace

std::unique_ptr<Screen::Impl> postgresql_screen(Screen::Tls tls) {
  return tls == Screen::Tls::with_server ? std::make_unique<PostgresqlScreen>() : nullptr;
}
std::unique_ptr<Dialogue> postgresql_client(Protocol protocol, std::string_view) {
  return std::make_unique<PostgresqlClient>(protocol);
}
std::unique_ptr<Dialogue> postgresql_server(Protocol protocol, const ServerOptions&) {
  return std::make_unique<PostgresqlServer>(protocol);
}

}  // namespace sotto::inline v0::starttls::detail
