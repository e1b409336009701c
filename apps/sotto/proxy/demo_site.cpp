#include "proxy/demo_site.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

namespace program {
namespace {

using asio::ip::tcp;

constexpr std::size_t longest_request = 16 * 1024;

constexpr std::string_view page = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>It came through sotto</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; }
  h1 { font-size: 1.9rem; line-height: 1.2; }
  .path { font-family: ui-monospace, monospace; padding: .8rem 1rem; border: 1px solid #8886; border-radius: .5rem; }
  .path b { color: #2a8a4a; }
  small { opacity: .7; }
</style>
</head>
<body>
<h1>This page came through sotto.</h1>
<p class="path">your browser &mdash;<b>TLS</b>&rarr; sotto &mdash;plain&rarr; this demo site</p>
<p>The gateway in front of this small site ended the TLS connection of your browser: it agreed on keys, proved with its
certificate that it is <em>localhost</em>, and passed your request on in the clear, inside this machine.</p>
<p>To put it in front of a program of yours:</p>
<p class="path">sotto proxy --dev tls://127.0.0.1:8443 tcp://127.0.0.1:8080</p>
<p><small>The certificate is for development. <code>sotto cert dev --print-ca</code> tells where the authority is that
issued it; trust it on this machine only.</small></p>
</body>
</html>
)html";

struct Answer {
  std::string_view status;
  std::string_view type;
  std::string_view body;
};

Answer answer_to(std::string_view method, std::string_view path) {
  constexpr std::string_view text = "text/plain; charset=utf-8";
  if (method != "GET" && method != "HEAD")
    return {"405 Method Not Allowed", text, "Only GET and HEAD are served here.\n"};
  path = path.substr(0, path.find('?'));
  if (path == "/" || path == "/index.html") return {"200 OK", "text/html; charset=utf-8", page};
  if (path == "/healthz") return {"200 OK", text, "ok\n"};
  return {"404 Not Found", text, "There is nothing here.\n"};
}

/// Serves one connection, request after request.
class Visit : public std::enable_shared_from_this<Visit> {
 public:
  explicit Visit(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(request_, longest_request), "\r\n\r\n",
                           [self = shared_from_this()](const std::error_code& error, std::size_t octets) {
                             if (!error) self->reply(octets);
                           });
  }

 private:
  void reply(std::size_t octets) {
    const std::string_view head(request_.data(), octets);
    const auto line = head.substr(0, head.find("\r\n"));
    const auto method = line.substr(0, line.find(' '));
    const auto rest = line.substr(std::min(line.size(), method.size() + 1));
    const auto path = rest.substr(0, rest.find(' '));
    const auto answer = answer_to(method, path);
    // Methods that have a body are refused, so nothing but further requests should follow on the connection.
    const bool keep = line.ends_with("HTTP/1.1") && answer.status.starts_with("200") && !asks_to_close(head);
    response_ = fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: {}\r\n\r\n{}",
        answer.status, answer.type, answer.body.size(), keep ? "keep-alive" : "close",
        method == "HEAD" ? "" : answer.body);
    request_.erase(0, octets);
    asio::async_write(socket_, asio::buffer(response_),
                      [self = shared_from_this(), keep](const std::error_code& error, std::size_t) {
                        if (!error && keep) self->read();
                      });
  }

  static bool asks_to_close(std::string_view head) {
    return head.find("\r\nConnection: close\r\n") != head.npos || head.find("\r\nconnection: close\r\n") != head.npos;
  }

  tcp::socket socket_;
  std::string request_;
  std::string response_;
};

}  // namespace

Outcome<Endpoint> DemoSite::start() {
  const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
  std::error_code error;
  acceptor_.open(loopback.protocol(), error);
  if (!error) acceptor_.bind(loopback, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failure(ExitCode::network, fmt::format("the demo site cannot listen: {}", error.message()));
  accept();
  return Endpoint{Endpoint::Transport::tcp, "127.0.0.1", acceptor_.local_endpoint().port(), {}};
}

void DemoSite::accept() {
  acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
    if (!error) std::make_shared<Visit>(std::move(socket))->read();
    accept();
  });
}

}  // namespace program
