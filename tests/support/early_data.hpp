/// \file
/// A client and a server that exchange early data, with a clock that tests set.
#pragma once

#include <gtest/gtest.h>

#include "support/deliver.hpp"
#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

inline constexpr std::string_view request = "GET / HTTP/1.1\r\n\r\n";

inline ConnectionOptions allowed() {
  ConnectionOptions options;
  options.early_data = EarlyDataUse::allowed;
  return options;
}

/// A client and a server with a clock that tests set; a session of an earlier connection is at hand.
struct World {
  std::shared_ptr<system_clock::time_point> now = std::make_shared<system_clock::time_point>(system_clock::now());
  std::shared_ptr<TicketKeys> keys = TicketKeys::generate().value();
  std::shared_ptr<KeptKeyLog> log = std::make_shared<KeptKeyLog>();

  [[nodiscard]] Clock clock() const {
    return [at = now] { return *at; };
  }
  [[nodiscard]] ClientConfig::Builder client() const {
    auto builder = client_builder();
    builder.clock(clock()).alpn({"first", "second"});
    return builder;
  }
  [[nodiscard]] ServerConfig::Builder server() const {
    auto builder = server_builder();
    builder.clock(clock()).alpn({"first"}).ticket_keys(keys).early_data().key_log(log);
    return builder;
  }

  std::shared_ptr<const ClientConfig> client_config = client().build().value();
  std::shared_ptr<const ServerConfig> server_config = server().build().value();

  /// Makes a connection that leaves sessions with the client.
  void meet() const {
    Pair pair(client_config, server_config);
    pair.run();
    ASSERT_TRUE(pair.established());
    ASSERT_GT(pair.client.sessions_stored, 0);
  }
  [[nodiscard]] Pair pair() const { return {client_config, server_config, "localhost", allowed(), allowed()}; }
};

inline void write_early(Pair& pair, std::string_view text = request) {
  const auto written = pair.client.connection.write_early(ReplayableData(as_bytes(text)), pair.client.out);
  ASSERT_TRUE(written) << written.error().message();
}

}  // namespace sotto::test
