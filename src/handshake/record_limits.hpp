/// \file
/// The length of records, which either side may limit: record_size_limit (RFC 8449) and max_fragment_length (RFC
/// 6066, 4).
#pragma once

#include <cstdint>
#include <optional>

#include <sotto/policy.hpp>

#include "base/result.hpp"
#include "handshake/outside.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// Returns the code of max_fragment_length for so many octets, or nothing.
[[nodiscard]] std::optional<wire::MaxFragmentLength> code_of_fragment_length(std::size_t octets);
/// Returns the value of record_size_limit that says in `version` what we take.
[[nodiscard]] std::uint16_t record_size_limit_for(const Policy& policy, ProtocolVersion version);

struct RecordAgreement {
  RecordLimits limits;
  std::uint16_t max_fragment_length = 0;  ///< in octets; 0 if none
  /// What the server answers with, at most one of them.
  std::optional<std::uint16_t> record_size_limit;
  std::optional<wire::MaxFragmentLength> echo;
};

/// Decides, as a server, on what the ClientHello asks for. Errors: `wrong_record_limit`.
[[nodiscard]] Result<RecordAgreement> choose_record_limits(const wire::ClientHello& hello, const Policy& policy,
                                                           ProtocolVersion version);
/// Adds what was decided to the server's answer.
void answer_record_limits(const RecordAgreement& agreement, wire::ExtensionList& extensions);

/// What is known of the handshake when the server answers.
struct RecordContext {
  ProtocolVersion version{};
  std::uint16_t session_fragment_length = 0;  ///< of the session that is resumed; 0 if none
};
/// Takes, as a client, the server's answer to what our policy offered. Errors: `wrong_record_limit`.
template <wire::In Message>
[[nodiscard]] Result<RecordAgreement> accept_record_limits(const wire::Extensions<Message>& extensions,
                                                           const Policy& policy, const RecordContext& context);

}  // namespace sotto::handshake
