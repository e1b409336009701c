// What `sotto connect` tells about the server: in words for people, as JSON for scripts.
#pragma once

#include <optional>
#include <string>

#include <sotto/certificate.hpp>
#include <sotto/connection.hpp>

#include "failure.hpp"

namespace program {

/// What is known of a connection, whether its handshake succeeded or not.
struct ConnectionFacts {
  std::string target;
  std::string address;
  std::string starttls;  ///< the protocol of the dialogue before TLS; empty if there was none
  std::string server_name;
  std::optional<sotto::Summary> summary;  ///< absent if the handshake failed
  std::optional<sotto::Error> error;      ///< why the handshake failed
  std::optional<sotto::Error> refusal;    ///< why the server is not authenticated, where --insecure went on
  sotto::CertificateChain chain;          ///< what the server showed, even if it was refused
  bool resumption_tried = false;
  bool sessions_verified_again = false;
  std::optional<sotto::Error>
      session_refusal;  ///< why the session was not offered, where its server was verified again
  bool early_data_wanted = false;
  bool early_data_was_sent = false;  ///< with the first flight
};

/// Prints the facts on standard error.
void print_facts(const ConnectionFacts& facts);

/// Prints the chain, one certificate after the other, on standard error.
void print_chain(const sotto::CertificateChain& chain);

/// Prints the warning of --insecure, which cannot be missed, on standard error.
void print_insecure_warning(const ConnectionFacts& facts);

/// Returns the facts as one JSON document; `exit_code`: what the program is about to exit with.
std::string facts_as_json(const ConnectionFacts& facts, ExitCode exit_code);

}  // namespace program
