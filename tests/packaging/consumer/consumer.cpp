// Uses the installed library as a stranger would: a client starts, and a server reads what it says.
#include <cstdio>

#include <sotto/connection.hpp>
#include <sotto/version.hpp>

namespace {

int fail(const sotto::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main() {
  auto config = sotto::ClientConfig::builder().alpn({"http/1.1"}).build();
  if (!config) return fail(config.error());
  sotto::Buffer out;
  auto client = sotto::Connection::client(*config, sotto::ServerName("example.com"), out);
  if (!client) return fail(client.error());
  if (out.empty()) return 2;
  auto unusable = sotto::ServerName("not a name").check();
  if (unusable || unusable.error().code != sotto::Code::invalid_server_name) return 3;
  std::printf("sotto %.*s says hello in %zu octets\n", static_cast<int>(sotto::version.size()), sotto::version.data(),
              out.size());
  return 0;
}
