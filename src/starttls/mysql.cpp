// MySQL and MariaDB. "Protocol::HandshakeV10", "Protocol::SSLRequest" and "Sequence ID" in MySQL's internals manual.
#include <algorithm>
#include <array>
#include <utility>

#include "starttls/dialects.hpp"
#include "starttls/packets.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::size_t header_length = 4;  // three octets of length, one of sequence
constexpr std::uint8_t protocol_version = 10;
constexpr std::uint8_t ok_packet = 0x00;
constexpr std::uint8_t error_packet = 0xff;
/// CLIENT_SSL is bit 11 of the flags.
constexpr std::uint8_t ssl_in_second_octet = 0x08;
/// An SSLRequest, and the beginning of a login: flags, largest packet, character set, filler.
constexpr std::size_t request_length = 32;

std::size_t length_in(View header) {
  return header[0] | static_cast<std::size_t>(header[1]) << 8U | static_cast<std::size_t>(header[2]) << 16U;
}

Bytes packet_of(std::uint8_t sequence, View payload) {
  Bytes packet = {static_cast<std::uint8_t>(payload.size()), static_cast<std::uint8_t>(payload.size() >> 8U), 0,
                  sequence};
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

/// Returns where the server's flags stand in its greeting: behind version, NUL, thread, eight octets of challenge and
/// a filler.
Result<std::size_t> flags_in_greeting(View packet) {
  if (packet.size() < header_length + 1 || packet[header_length] != protocol_version)
    return fail(Code::starttls_wrong_greeting, "it is no greeting of MySQL's protocol 10");
  const auto version_end = std::ranges::find(packet.subspan(header_length), 0);
  const auto flags = static_cast<std::size_t>(version_end - packet.begin()) + 1 + 4 + 8 + 1;
  if (flags + 2 > packet.size()) return fail(Code::starttls_wrong_greeting, "it ends early");
  return flags;
}

class MysqlDialogue : public PacketDialogue {
 protected:
  using PacketDialogue::PacketDialogue;
  [[nodiscard]] Result<std::optional<std::size_t>> measure(View start) const override {
    if (start.size() < header_length) return std::nullopt;
    return header_length + length_in(start);
  }
};

/// Reads the greeting; with `Aim::upgrade` it asks for TLS as well.
class MysqlClient final : public MysqlDialogue {
 public:
  enum class Aim : std::uint8_t { upgrade, greeting };
  MysqlClient(Protocol protocol, Aim aim)
      : MysqlDialogue(protocol, Role::client, "waiting for the greeting"), aim_(aim) {}

 private:
  Result<void> on_packet(View packet) override {
    if (packet.size() > header_length && packet[header_length] == error_packet) {
      const auto text = as_text(packet.subspan(header_length + 1));
      refuse(text.substr(std::min<std::size_t>(text.size(), 2)));
      return {};
    }
    const auto flags = flags_in_greeting(packet);
    if (!flags) return std::unexpected(flags.error());
    if (aim_ == Aim::greeting) {
      keep_greeting(std::string(as_text(packet)));
      upgrade();
      return {};
    }
    if ((packet[*flags + 1] & ssl_in_second_octet) == 0) return fail(Code::starttls_not_offered);
    // CLIENT_LONG_PASSWORD, PROTOCOL_41, SSL, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH; 16 MiB; utf8.
    std::array<std::uint8_t, request_length> request = {0x01, 0xaa, 0x08, 0x00, 0, 0, 0, 0x01, 33};
    send(packet_of(1, request));
    upgrade();
    return {};
  }

  Aim aim_;
};

/// Asks for TLS with the flags of a client's own packet: MariaDB takes them for those of the login that follows.
class MysqlForwardingClient final : public Dialogue {
 public:
  MysqlForwardingClient(Protocol protocol, const ForwardedLogin& login)
      : Dialogue(protocol, Role::client, "waiting for nothing") {
    ask(login);
  }

 private:
  void ask(const ForwardedLogin& login) {
    const auto greeting = as_view(login.greeting);
    const auto flags = flags_in_greeting(greeting);
    if (!flags) return fail_at_start(flags.error());
    if ((greeting[*flags + 1] & ssl_in_second_octet) == 0) return fail_at_start(make_error(Code::starttls_not_offered));
    if (login.request.size() < header_length + request_length)
      return fail_at_start(
          make_error(Code::starttls_malformed, "the client's login is shorter than the protocol has it"));
    auto request = own(as_view(login.request).subspan(header_length, request_length));
    request[1] |= ssl_in_second_octet;
    send(packet_of(1, request));
    upgrade();
  }

  Result<std::size_t> take(View) override { return 0; }
};

class MysqlServer final : public MysqlDialogue {
 public:
  MysqlServer(Protocol protocol, const ServerOptions& options)
      : MysqlDialogue(
            protocol, Role::server,
            options.offer == ServerOptions::Offer::starttls ? "waiting for SSLRequest" : "waiting for the login"),
        offer_(options.offer) {
    greet(own(as_view(options.greeting)));
  }

 private:
  void greet(Bytes greeting) {
    if (greeting.empty())
      return fail_at_start(make_error(Code::invalid_configuration, "MySQL needs the greeting of a real server"));
    const auto flags = flags_in_greeting(greeting);
    if (!flags) return fail_at_start(flags.error());
    auto& octet = greeting[*flags + 1];
    octet = static_cast<std::uint8_t>(offer_ == ServerOptions::Offer::starttls ? octet | ssl_in_second_octet
                                                                               : octet & ~ssl_in_second_octet);
    send(greeting);
  }

  Result<void> on_packet(View packet) override {
    if (packet.size() < header_length + request_length)
      return fail(Code::starttls_malformed, "it is no packet of MySQL's protocol 4.1");
    const bool asks = (packet[header_length + 1] & ssl_in_second_octet) != 0;
    const bool wanted = offer_ == ServerOptions::Offer::starttls;
    if (asks && packet.size() != header_length + request_length) return injected();
    if (asks != wanted) {
      // Error 3159, "Connections using insecure transport are prohibited".
      constexpr std::string_view text = "\xff\x57\x0c#HY000TLS is required here: use --ssl";
      send(packet_of(static_cast<std::uint8_t>(packet[3] + 1), as_view(text)));
      refuse(asks ? "the client asks for TLS that was not offered" : "the client wants to log in without TLS");
      return {};
    }
    keep_request(std::string(as_text(packet)));
    // Nothing answers an SSLRequest, so clients send their ClientHello behind it.
    if (asks)
      upgrade_before_record();
    else
      upgrade();
    return {};
  }

  ServerOptions::Offer offer_;
};

/// Renumbers the packets of the login: the SSLRequest counts on the side that has TLS, and only there.
class MysqlScreen final : public Screen::Impl {
 public:
  explicit MysqlScreen(Screen::Tls tls) : tls_(tls) {}

  void from_client(View in, Buffer& out) override {
    const auto shift = tls_ == Screen::Tls::with_client ? -1 : +1;
    pass(in, out, client_, shift, [this](Stream& stream, std::uint8_t& octet) {
      if (stream.packets != 1 || stream.position != 1) return;
      octet = static_cast<std::uint8_t>(tls_ == Screen::Tls::with_client ? octet & ~ssl_in_second_octet
                                                                         : octet | ssl_in_second_octet);
    });
  }

  void from_server(View in, Buffer& out) override {
    const auto shift = tls_ == Screen::Tls::with_client ? +1 : -1;
    pass(in, out, server_, shift, [this](Stream& stream, std::uint8_t& octet) {
      if (stream.position == 0 && (octet == ok_packet || octet == error_packet)) finish();
    });
  }

  void server_ended(Buffer& out) override { release(server_, out); }

  [[nodiscard]] bool done() const override {
    return finished() && client_.header_octets == 0 && server_.header_octets == 0;
  }

 private:
  /// One direction.
  struct Stream {
    std::array<std::uint8_t, header_length> header{};
    std::size_t header_octets = 0;
    std::size_t left = 0;      ///< of the packet under way
    std::size_t position = 0;  ///< in it
    std::size_t packets = 0;
  };

  /// Passes what has come of a header as it is.
  static void release(Stream& stream, Buffer& out) {
    out.append(as_public(View(stream.header).first(std::exchange(stream.header_octets, 0))));
  }

  /// Each octet passes at once; only an incomplete header waits.
  template <class Look>
  void pass(View in, Buffer& out, Stream& stream, int shift, Look look) {
    if (in.empty()) return;
    if (finished()) release(stream, out);
    Bytes passed;
    for (auto octet : in) {
      if (finished()) {
        passed.push_back(octet);
      } else if (stream.left != 0) {
        look(stream, octet);
        ++stream.position;
        --stream.left;
        passed.push_back(octet);
      } else {
        stream.header[stream.header_octets++] = octet;
        if (stream.header_octets < header_length) continue;
        stream.header[3] = static_cast<std::uint8_t>(stream.header[3] + shift);
        passed.insert(passed.end(), stream.header.begin(), stream.header.end());
        stream.left = length_in(stream.header);
        stream.header_octets = stream.position = 0;
        ++stream.packets;
      }
    }
    out.append(as_public(View(passed)));
  }

  Screen::Tls tls_;
  Stream client_;
  Stream server_;
};

/// Takes the offer of TLS out of a greeting that is said inside TLS already.
class MysqlGreetingScreen final : public Screen::Impl {
 public:
  void from_client(View in, Buffer& out) override { out.append(as_public(in)); }

  void from_server(View in, Buffer& out) override {
    held_.insert(held_.end(), in.begin(), in.end());
    if (!finished()) {
      if (held_.size() < header_length) return;
      const auto length = header_length + length_in(held_);
      if (length <= longest_greeting && held_.size() < length) return;
      if (length <= longest_greeting) take_offer_out(length);
      finish();
    }
    server_ended(out);
  }

  void server_ended(Buffer& out) override {
    out.append(as_public(View(held_)));
    held_.clear();
  }

 private:
  static constexpr std::size_t longest_greeting = 4096;

  void take_offer_out(std::size_t length) {
    const auto flags = flags_in_greeting(View(held_).first(length));
    if (flags) held_[*flags + 1] = static_cast<std::uint8_t>(held_[*flags + 1] & ~ssl_in_second_octet);
  }

  Bytes held_;
};

}  // namespace

std::unique_ptr<Dialogue> mysql_client(Protocol protocol, std::string_view) {
  return std::make_unique<MysqlClient>(protocol, MysqlClient::Aim::upgrade);
}
std::unique_ptr<Dialogue> mysql_forwarding_client(Protocol protocol, const ForwardedLogin& login) {
  return std::make_unique<MysqlForwardingClient>(protocol, login);
}
std::unique_ptr<Dialogue> mysql_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<MysqlServer>(protocol, options);
}
std::unique_ptr<Dialogue> mysql_greeting(Protocol protocol) {
  return std::make_unique<MysqlClient>(protocol, MysqlClient::Aim::greeting);
}
std::unique_ptr<Screen::Impl> mysql_screen(Screen::Tls tls) {
  if (tls == Screen::Tls::at_once_with_client) return std::make_unique<MysqlGreetingScreen>();
  return std::make_unique<MysqlScreen>(tls);
}

}  // namespace sotto::inline v0::starttls::detail
