/// \file
/// What is needed to send: the present keys, their updates, fragments and alerts. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include <sotto/buffer.hpp>
#include <sotto/policy.hpp>
#include <sotto/trace.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "handshake/outside.hpp"
#include "keys/schedule13.hpp"
#include "record/protection.hpp"
#include "record/protection12.hpp"
#include "record/protection12_cbc.hpp"
#include "wire/messages13.hpp"

namespace sotto::connection {

class SendingHalf {
 public:
  SendingHalf(const Policy& policy, std::shared_ptr<Trace> trace);

  // ---- the handshake ----

  /// Gathers a framed message, to share records with others under the same keys.
  void gather(View message) { gathered_.insert(gathered_.end(), message.begin(), message.end()); }
  /// Writes what was gathered; nothing once the sending side is closed.
  [[nodiscard]] Result<void> flush(Buffer& out);
  /// Protects what follows; flushes first.
  [[nodiscard]] Result<void> install(keys::TrafficSecret secret, Buffer& out);
  [[nodiscard]] Result<void> install(const keys::DirectionKeys& keys, Buffer& out);
  /// The same for early data, whose keys cannot be updated.
  [[nodiscard]] Result<void> install_early(const keys::TrafficSecret& secret, Buffer& out);
  /// Returns the present secret of TLS 1.3.
  [[nodiscard]] const keys::TrafficSecret& secret() const { return secret_; }
  /// Goes back to records without protection.
  void remove_keys() { sealer_.emplace<std::monostate>(); }
  /// Writes the change_cipher_spec record of middlebox compatibility mode, the first time.
  [[nodiscard]] Result<void> send_compatibility_change_cipher_spec(Buffer& out);
  /// Writes the change_cipher_spec record of TLS 1.2, protected if there are keys.
  [[nodiscard]] Result<void> send_change_cipher_spec(Buffer& out);
  /// Limits the records under the keys to come, and those under the present ones if they are of TLS 1.3.
  void limit(const handshake::RecordLimits& limits);
  /// Frees what only the handshake needs.
  void finish_handshake();

  // ---- established ----

  /// Writes `data` in records; updates the keys first if that is owed or due.
  [[nodiscard]] Result<void> write(View data, Buffer& out);
  [[nodiscard]] Result<void> update_keys(wire::KeyUpdateRequest request, Buffer& out);
  /// Notes that the peer asked for an update, which is due before the next data. RFC 8446, 4.6.3.
  void owe_key_update() { key_update_owed_ = true; }
  /// Writes the KeyUpdate that is owed, if any.
  [[nodiscard]] Result<void> settle(Buffer& out);

  // ---- the end ----

  /// Writes `alert`; nothing can be sent after a fatal one or close_notify.
  void send_alert(Alert alert, Buffer& out);
  /// Writes `alert` as a warning, after which all goes on. TLS 1.2 alone.
  void send_warning(Alert alert, Buffer& out);
  /// Drops all secrets; nothing more is sent.
  void forget_keys() noexcept;
  [[nodiscard]] bool is_closed() const { return closed_; }

 private:
  [[nodiscard]] Result<void> send(record::ContentType type, View content, Buffer& out);
  [[nodiscard]] Result<void> send_record(record::ContentType type, View fragment, Buffer& out);
  [[nodiscard]] std::size_t longest_fragment() const { return std::min(fragment_size_, record_octets_); }
  void tell_change_cipher_spec() const;
  [[nodiscard]] std::uint64_t limit_for(const keys::SuiteParameters& suite) const;
  [[nodiscard]] bool is_at_limit() const;

  std::size_t fragment_size_;
  std::size_t record_octets_;       // what the peer takes
  std::size_t next_record_octets_;  // under the keys to come
  std::size_t pad_to_;
  std::uint64_t gcm_limit_;
  std::shared_ptr<Trace> trace_;
  std::variant<std::monostate, record::Sealer, record::Sealer12, record::CbcSealer> sealer_;
  keys::TrafficSecret secret_;  // of TLS 1.3, where keys can be updated
  std::uint64_t record_limit_ = 0;
  Bytes gathered_;
  bool first_flight_ = true;
  bool compatibility_record_sent_ = false;
  bool key_update_owed_ = false;
  bool closed_ = false;
};

}  // namespace sotto::connection
