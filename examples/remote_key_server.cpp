// A server whose private key lives elsewhere, here with another thread: remote_key_server CHAIN KEY PORT
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <asio.hpp>

#include <sotto/asio.hpp>
#include <sotto/server.hpp>

using asio::ip::tcp;

struct Shop {
  std::shared_ptr<const sotto::ServerConfig> config;
  sotto::Credential vault;  // stands for an HSM or a signing service
  asio::thread_pool signers{1};
};

asio::awaitable<void> greet(tcp::socket socket, Shop& shop) {
  sotto::asio::Stream tls(std::move(socket), shop.config);
  tls.on_question([&](sotto::Question question) {
    asio::post(shop.signers, [&tls, &shop, question = std::move(question)] {
      const auto& wanted = std::get<sotto::SignQuestion>(question.what);
      auto signature = shop.vault.sign(wanted.scheme, wanted.message);  // takes its time; the event loop does not wait
      sotto::Answer answer = signature ? sotto::Answer(sotto::Signature{*signature}) : sotto::Answer(signature.error());
      asio::post(tls.get_executor(), [&tls, id = question.id, answer = std::move(answer)]() mutable {
        (void)tls.answer(id, std::move(answer));
      });
    });
  });
  co_await tls.async_handshake(asio::use_awaitable);  // ends only after the answer: `tls` lives as long
  asio::streambuf line;
  co_await asio::async_read_until(tls, line, '\n', asio::use_awaitable);
  co_await asio::async_write(tls, line.data(), asio::use_awaitable);
  co_await tls.async_shutdown(asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor acceptor, Shop& shop) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), greet(std::move(socket), shop), asio::detached);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: remote_key_server CHAIN KEY PORT\n"), 2;
  auto vault = sotto::Credential::from_pem_files(argv[1], argv[2]);
  if (!vault) return std::fprintf(stderr, "%s\n", vault.error().message().c_str()), 1;
  auto remote = sotto::Credential::with_remote_key(vault->chain(), {sotto::SignatureScheme::ecdsa_secp256r1_sha256});
  auto config = sotto::ServerConfig::builder().credential(std::move(remote)).build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;
  asio::io_context context;
  Shop shop{*config, *vault};
  const auto port = static_cast<unsigned short>(std::stoi(argv[3]));
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
  std::printf("listening on %d\n", acceptor.local_endpoint().port()), std::fflush(stdout);
  asio::co_spawn(context, listen(std::move(acceptor), shop), asio::detached);
  context.run();
}
