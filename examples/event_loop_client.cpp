// A client on poll(2), without an adapter: event_loop_client NAME PORT connects to NAME on this machine.
#include <sotto/client.hpp>
#include <sotto/connection.hpp>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <variant>

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: event_loop_client NAME PORT\n"), 2;
  auto fail = [](const sotto::Error& error) { return std::fprintf(stderr, "%s\n", error.message().c_str()), 1; };
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{AF_INET, htons(static_cast<in_port_t>(std::atoi(argv[2]))), {htonl(INADDR_LOOPBACK)}, {}};
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return std::perror("connect"), 1;

  auto config = sotto::ClientConfig::builder().build();
  if (!config) return fail(config.error());
  sotto::Buffer in, out;  // what arrived, and what to send: ours to fill and to drain
  auto tls = sotto::Connection::client(*config, sotto::ServerName(argv[1]), out);
  if (!tls) return fail(tls.error());
  auto send = [&] {
    const auto sent = ::send(fd, out.readable().data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) out.consume(static_cast<std::size_t>(sent));
  };
  for (bool open = true; open || !out.empty();) {
    pollfd entry{fd, static_cast<short>(POLLIN | (out.empty() ? 0 : POLLOUT)), 0};
    if (::poll(&entry, 1, 30'000) <= 0) return std::fprintf(stderr, "nothing happens\n"), 1;
    if ((entry.revents & POLLOUT) != 0) send();
    if ((entry.revents & ~POLLOUT) == 0) continue;
    const auto got = ::recv(fd, in.prepare(16384).data(), 16384, MSG_DONTWAIT);
    if (got <= 0) {  // the transport ended: cut, unless the peer had closed
      if (auto end = tls->end_of_input(); !end) return fail(end.error());
      return 0;
    }
    in.commit(static_cast<std::size_t>(got));
    for (bool more = true; more;) {
      auto step = tls->receive(in.readable(), out);  // octets consumed, and one event
      if (!step) return send(), fail(step.error());  // the alert is already in `out`
      auto on = overloaded{
          [&](const sotto::NeedInput&) { more = false; },
          [&](const sotto::HandshakeDone&) { (void)tls->write(sotto::as_bytes("GET / HTTP/1.0\r\n\r\n"), out); },
          [&](const sotto::ApplicationData& data) { std::fwrite(data.bytes.data(), 1, data.bytes.size(), stdout); },
          [&](const sotto::PeerClosed&) { more = open = false, (void)tls->close(out); },
          [](const auto&) {},  // tickets, new keys; no question is asked late here
      };
      std::visit(on, step->event);
      in.consume(step->consumed);
    }
  }
}
