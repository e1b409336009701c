// A peer around somebody else's TLS: a client that connects so many times, says something and hears the answer, or a
// server that says again what it hears. Both go on until the other side has said close_notify.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "stack.hpp"

namespace stack {
namespace {

constexpr int patience = 15;  // seconds of silence

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {
    if (descriptor_ < 0) throw std::runtime_error("no socket");
    const int on = 1;
    const timeval limit{patience, 0};
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Socket connect_to(unsigned port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  const auto address = loopback(port);
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  return socket;
}

Socket listen() {
  Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  auto address = loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.descriptor(), generic, length) != 0 || ::listen(socket.descriptor(), 8) != 0 ||
      ::getsockname(socket.descriptor(), generic, &length) != 0)
    throw std::runtime_error("cannot listen");
  std::printf("listening on port %d\n", ntohs(address.sin_port));
  return socket;
}

void tell(Connection& connection) {
  const auto facts = connection.facts();
  std::printf("connected TLS %s 0x%04X resumed=%s certificates=%d alpn=%s\n", facts.version.c_str(), facts.suite,
              facts.resumed ? "true" : "false", facts.has_certificate ? 1 : 0, facts.alpn.c_str());
}

std::span<const unsigned char> octets(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

void begin(Connection& connection, const Options& options) {
  connection.shake_hands();
  tell(connection);
  if (options.renegotiate) connection.renegotiate();
  if (options.update) connection.update_keys();
}

void ask(Connection& connection, const Options& options) {
  begin(connection, options);
  std::string said = "a line from the peer\n";
  if (!options.sent.empty()) {
    std::ifstream file(options.sent, std::ios::binary);
    said.assign(std::istreambuf_iterator<char>(file), {});
  }
  connection.write(octets(said));
  std::string heard;
  std::array<unsigned char, 16384> space;
  while (const auto size = connection.read(space)) heard.append(reinterpret_cast<const char*>(space.data()), size);
  connection.close();
  if (!options.received.empty()) std::ofstream(options.received, std::ios::binary) << heard;
  std::printf("heard [%s]\n", heard.substr(0, heard.find('\n')).c_str());
}

void answer(Connection& connection, const Options& options) {
  begin(connection, options);
  std::string line;
  bool told = false;
  std::array<unsigned char, 16384> space;
  while (const auto size = connection.read(space)) {
    const auto heard = std::span(space).first(size);
    connection.write(heard);
    if (!told) line.append(reinterpret_cast<const char*>(heard.data()), size);
    if (const auto end = line.find('\n'); !told && end != std::string::npos) {
      std::printf("heard [%s]\n", line.substr(0, end).c_str());
      told = true;
    }
  }
  connection.close();
}

void run(const Options& options) {
  const auto library = make_library(options);
  if (!options.server) {
    for (unsigned i = 0; i < options.connections; ++i) {
      const auto socket = connect_to(options.port);
      ask(*library->open(socket.descriptor()), options);
    }
    return;
  }
  const auto listener = listen();
  for (unsigned i = 0; i < options.connections; ++i) {
    const Socket socket(::accept(listener.descriptor(), nullptr, nullptr));
    answer(*library->open(socket.descriptor()), options);
  }
}

}  // namespace
}  // namespace stack

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    stack::run(stack::parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::printf("failed: %s\n", error.what());
    return 1;
  }
}
