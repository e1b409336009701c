// One side of a relayed connection: its socket, its TLS if any, and the little that must be kept between events.
#pragma once

#include <cstdint>
#include <optional>

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <sotto/connection.hpp>

namespace program {

using Socket = asio::generic::stream_protocol::socket;

struct End {
  explicit End(Socket its_socket) : socket(std::move(its_socket)) {}

  Socket socket;
  std::optional<sotto::Connection> tls;
  sotto::Buffer unread;          ///< an incomplete record; empty, and without storage, most of the time
  sotto::Buffer unsent;          ///< what the socket did not take yet
  std::uint64_t octets_in = 0;   ///< application data that came from this side
  int undelivered = 0;           ///< what waited in the kernel when the time for being idle was up last
  bool input_ended = false;      ///< close_notify or, if plain, FIN: no more application data will come
  bool transport_ended = false;  ///< FIN: nothing at all will come
  bool output_ended = false;     ///< our close_notify or FIN stands behind what is unsent
  bool output_shut = false;      ///< and has been sent
  bool waiting_to_read = false;
  bool waiting_to_write = false;
  bool waiting_for_answer = false;  ///< of a token; nothing is read meanwhile
  bool watching_for_reset = false;
};

}  // namespace program
