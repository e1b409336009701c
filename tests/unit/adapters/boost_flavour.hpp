/// \file
/// Names what the checks of streams need of Boost.Asio.
#pragma once

#include <cstddef>
#include <utility>

#include <boost/asio.hpp>

#include <sotto/boost_asio.hpp>

namespace sotto::test {

namespace net = boost::asio;

struct Boost {
  using context = net::io_context;
  using socket = net::local::stream_protocol::socket;
  using error_code = boost::system::error_code;
  using const_buffer = net::const_buffer;
  using mutable_buffer = net::mutable_buffer;
  template <class Layer>
  using Stream = boost_asio::Stream<Layer>;

  static std::pair<socket, socket> connected_pair(context& loop) {
    std::pair<socket, socket> ends{socket(loop), socket(loop)};
    net::local::connect_pair(ends.first, ends.second);
    return ends;
  }
  static const_buffer buffer(const char* data, std::size_t size) { return {data, size}; }
  static mutable_buffer buffer(char* data, std::size_t size) { return {data, size}; }
  static void post(const auto& executor, auto work) { net::post(executor, std::move(work)); }
  static error_code eof() { return net::error::eof; }
  static error_code aborted() { return net::error::operation_aborted; }
  static error_code broken_pipe() { return net::error::broken_pipe; }
  static error_code connection_reset() { return net::error::connection_reset; }
};

}  // namespace sotto::test
