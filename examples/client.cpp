// A blocking client: client HOST PORT
#include <sotto/client.hpp>
#include <sotto/socket.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

int fail(const sotto::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: client HOST PORT\n"), 2;
  const std::string host = argv[1];
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));

  auto config =
      sotto::ClientConfig::builder().alpn({"http/1.1"}).build();  // system roots, Policy::modern, names checked
  if (!config) return fail(config.error());
  auto tls = sotto::Socket::connect(*config, host, port);  // TCP, handshake, authentication
  if (!tls) return fail(tls.error());                      // message(): one sentence for people
  const auto request = "GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n";
  if (auto sent = tls->write_all(sotto::as_bytes(request)); !sent) return fail(sent.error());
  std::array<std::byte, 16384> buffer;
  for (;;) {
    auto got = tls->read(buffer);        // Result<std::size_t>; 0 = the peer said close_notify
    if (!got) return fail(got.error());  // Code::truncated is not 0: a cut connection is an error
    if (*got == 0) return 0;
    std::fwrite(buffer.data(), 1, *got, stdout);
  }
}
