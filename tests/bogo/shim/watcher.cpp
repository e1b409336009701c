#include "watcher.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "failure.hpp"

namespace sotto::bogo {
namespace {

// RFC 8446, B.3; RFC 5246, 7.4.
constexpr auto message_types = std::to_array<std::pair<std::string_view, int>>({
    {"HelloRequest", 0},
    {"ClientHello", 1},
    {"ServerHello", 2},
    {"HelloRetryRequest", 2},
    {"NewSessionTicket", 4},
    {"EndOfEarlyData", 5},
    {"EncryptedExtensions", 8},
    {"Certificate", 11},
    {"ServerKeyExchange", 12},
    {"CertificateRequest", 13},
    {"ServerHelloDone", 14},
    {"CertificateVerify", 15},
    {"ClientKeyExchange", 16},
    {"Finished", 20},
    {"CertificateStatus", 22},
    {"KeyUpdate", 24},
    {"CompressedCertificate", 25},
});

std::string number_of_message(std::string_view name) {
  for (const auto& [known, number] : message_types)
    if (known == name) return std::to_string(number);
  return std::string(name);
}

std::string level_and_number_of_alert(std::string_view name) {
  for (int number = 0; number < 256; ++number) {
    const auto alert = static_cast<Alert>(number);
    if (to_string(alert) != name) continue;
    const bool warning =
        alert == Alert::close_notify || alert == Alert::user_canceled || alert == Alert::no_renegotiation;
    return (warning ? "1 " : "2 ") + std::to_string(number);
  }
  return std::string(name);
}

}  // namespace

void Watcher::on(const TraceEvent& event) {
  using Kind = TraceEvent::Kind;
  if (event.kind == Kind::new_keys) return;
  text_ += event.direction == Direction::sent ? "write " : "read ";
  if (event.kind == Kind::handshake_message) text_ += "hs " + number_of_message(event.name);
  if (event.kind == Kind::alert) text_ += "alert " + level_and_number_of_alert(event.name);
  if (event.kind == Kind::change_cipher_spec) text_ += "ccs";
  text_ += '\n';
}

void Secrets::write(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  hexadecimal_[std::string(line.substr(0, first))] = line.substr(second + 1);
}

std::vector<std::byte> Secrets::find(const std::string& label) const {
  std::vector<std::byte> octets;
  const auto found = hexadecimal_.find(label);
  if (found == hexadecimal_.end()) return octets;
  const auto& text = found->second;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    octets.push_back(static_cast<std::byte>(value));
  }
  return octets;
}

}  // namespace sotto::bogo
