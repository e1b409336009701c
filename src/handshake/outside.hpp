/// \file
/// What a handshake needs from its surroundings. connection/ implements it over records; another transport could.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sotto/early_data.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keys/exporter.hpp"
#include "keys/prf12.hpp"
#include "keys/schedule13.hpp"

namespace sotto::handshake {

/// Names the generations of keys, for people.
enum class Epoch : std::uint8_t { early, handshake, application };

/// The most octets of content that a record may have in any case. RFC 8446, 5.1.
inline constexpr std::size_t most_content = 16384;

/// What a handshake agreed on for the length of records: octets of content, with the padding of TLS 1.3 but without its
/// content type.
struct RecordLimits {
  /// Says which records are meant: by RFC 8449, 4 those that the handshake's keys protect; by RFC 6066, 4 all that
  /// follow the hellos.
  enum class Scope : std::uint8_t { protected_records, all_records };
  std::size_t sent = most_content;
  std::size_t received = most_content;
  Scope scope = Scope::protected_records;
};

class Outside {
 public:
  virtual ~Outside() = default;
  /// Sends a framed message under the present sending keys. Messages may be gathered into fewer records.
  [[nodiscard]] virtual Result<void> send_handshake(View message) = 0;
  /// Sends the change_cipher_spec record of middlebox compatibility mode, once. RFC 8446, D.4.
  [[nodiscard]] virtual Result<void> send_compatibility_change_cipher_spec() = 0;
  /// Sends the change_cipher_spec record of TLS 1.2, under the present keys. RFC 5246, 7.1.
  [[nodiscard]] virtual Result<void> send_change_cipher_spec() = 0;
  /// Protects what is sent from here on.
  [[nodiscard]] virtual Result<void> install_sending_keys(Epoch epoch, keys::TrafficSecret secret) = 0;
  /// Expects what is received from here on to be protected by these keys.
  [[nodiscard]] virtual Result<void> install_receiving_keys(Epoch epoch, keys::TrafficSecret secret) = 0;
  /// The same for TLS 1.2, where the keys follow change_cipher_spec. RFC 5246, 7.1.
  [[nodiscard]] virtual Result<void> install_sending_keys(keys::DirectionKeys keys) = 0;
  [[nodiscard]] virtual Result<void> install_receiving_keys(keys::DirectionKeys keys) = 0;
  /// Limits the length of records. Those that protected_records means may have their keys already (a client of TLS
  /// 1.3) or get them later.
  virtual void limit_records(const RecordLimits& limits) = 0;
  /// Returns a copy of the secret that protects what is sent or received now, in TLS 1.3.
  [[nodiscard]] virtual keys::TrafficSecret sending_secret() const = 0;
  [[nodiscard]] virtual keys::TrafficSecret receiving_secret() const = 0;
  /// Skips the client's early data, which is not accepted: records that do not open are dropped until one does, up to
  /// the policy's limit. RFC 8446, 4.2.10.
  virtual void skip_early_data() = 0;
  virtual void stop_skipping_early_data() = 0;
  /// Goes back to sending in the clear: early data was offered, and a HelloRetryRequest came. RFC 8446, 4.1.2.
  virtual void remove_sending_keys() = 0;
  /// Lets early data pass under the keys of `Epoch::early`, which follow, up to so many octets: from a client's caller,
  /// or to a server's. Ends with the keys of `Epoch::handshake`.
  virtual void begin_early_data(std::size_t octets, keys::Exporter13 exporter) = 0;
  /// Tells what becomes of the early data that was offered. Where it is rejected no more of it may be sent.
  virtual void answer_early_data(EarlyDataStatus status) = 0;
};

}  // namespace sotto::handshake
