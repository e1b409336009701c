/// \file
/// One face for every TLS implementation that is measured: two ends over memory, no sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/issue.hpp>
#include <sotto/policy.hpp>

#include "credentials.hpp"

namespace sotto::bench {

/// Stands for one direction of the network: a flat memory buffer. Every implementation pays one copy to put octets here
/// and one to take them away, as it would with send(2) and recv(2).
class Wire {
 public:
  void append(std::span<const std::byte> bytes);
  /// Moves as much as fits into `out`; returns the number of octets.
  std::size_t take(std::span<std::byte> out);
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
};

/// One end of a connection. Failures throw: a benchmark of a failing handshake has no meaning.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  virtual ~Endpoint() = default;

  /// Does whatever `in` permits and drains it; returns the octets of application data that came.
  virtual std::size_t advance(Wire& in, Wire& out) = 0;
  virtual void send(std::span<const std::byte> data, Wire& out) = 0;
  [[nodiscard]] virtual bool is_established() const = 0;
  [[nodiscard]] virtual bool is_resumed() const = 0;
  /// Gives back what an idle connection does not need, where the implementation has a way to.
  virtual void shrink() {}
};

/// Says what the connections of one measurement agree on. Everywhere: TLS 1.3, X25519, one ticket, chains of three.
struct Setup {
  CipherSuite suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  KeyKind key = KeyKind::ecdsa_p256;
  bool mutual = false;  ///< the client shows a certificate too
  bool resume = false;  ///< each connection resumes the one before
  bool lean = false;    ///< the setting that spares memory: OpenSSL's SSL_MODE_RELEASE_BUFFERS
};

/// One implementation, set up for one measurement: what a program would share between its connections.
class Stack {
 public:
  Stack() = default;
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  virtual ~Stack() = default;

  /// Starts a client and writes its ClientHello.
  [[nodiscard]] virtual std::unique_ptr<Endpoint> client(Wire& out) = 0;
  [[nodiscard]] virtual std::unique_ptr<Endpoint> server() = 0;
};

/// An implementation to choose on the command line.
struct Implementation {
  std::string_view name;
  std::string (*version)();
  std::unique_ptr<Stack> (*make)(const Setup&, const Credentials&);
};
[[nodiscard]] std::span<const Implementation> implementations();

[[nodiscard]] std::string sotto_version();
[[nodiscard]] std::unique_ptr<Stack> make_sotto(const Setup& setup, const Credentials& credentials);
[[nodiscard]] std::string openssl_version();
[[nodiscard]] std::unique_ptr<Stack> make_openssl(const Setup& setup, const Credentials& credentials);
[[nodiscard]] std::string gnutls_version();
[[nodiscard]] std::unique_ptr<Stack> make_gnutls(const Setup& setup, const Credentials& credentials);

}  // namespace sotto::bench
