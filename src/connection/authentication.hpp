/// \file
/// What an open TLS 1.3 connection keeps where the client may be asked for a certificate later. RFC 8446, 4.6.2.
#pragma once

#include <sotto/certificate.hpp>

#include "base/bytes.hpp"
#include "connection/per_minute.hpp"
#include "keys/transcript.hpp"

namespace sotto::connection {

struct Authentication {
  /// ClientHello to the client's Finished; each request goes on from here.
  keys::Transcript context;
  /// The kind of identity that the client shows.
  CertificateType client_type = CertificateType::x509;
  /// Whether the handshake under way is one of these.
  bool under_way = false;
  /// Whether a server has got the first message of the client's answer, behind which the others follow at once.
  bool answer_begun = false;
  /// How many requests came.
  PerMinute requests;
  /// A client's answer until it is complete, for its messages go out in one piece.
  Bytes answer;
};

}  // namespace sotto::connection
