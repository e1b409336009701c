#include <gnutls/gnutls.h>

#include <array>
#include <cerrno>
#include <type_traits>

#include "require.hpp"
#include "stack.hpp"

namespace sotto::bench {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* handle) const {
    free_function(handle);
  }
};
using SessionHandle = std::unique_ptr<gnutls_session_int, Free<gnutls_deinit>>;
using CredentialsHandle =
    std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, Free<gnutls_certificate_free_credentials>>;
using PriorityHandle = std::unique_ptr<std::remove_pointer_t<gnutls_priority_t>, Free<gnutls_priority_deinit>>;

int require_gnutls(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("GnuTLS: ") + what + ": " + gnutls_strerror(result));
  return result;
}

gnutls_datum_t datum(std::string_view text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

// The two wires of the call that is under way.
struct Wires {
  Wire* in = nullptr;
  Wire* out = nullptr;
  gnutls_session_t session = nullptr;
};

ssize_t pull(gnutls_transport_ptr_t pointer, void* data, std::size_t size) {
  const auto* wires = static_cast<Wires*>(pointer);
  const auto count = wires->in->take(std::span(static_cast<std::byte*>(data), size));
  if (count != 0) return static_cast<ssize_t>(count);
  gnutls_transport_set_errno(wires->session, EAGAIN);
  return -1;
}

int pull_timeout(gnutls_transport_ptr_t pointer, unsigned /*milliseconds*/) {
  return static_cast<Wires*>(pointer)->in->empty() ? 0 : 1;
}

ssize_t push(gnutls_transport_ptr_t pointer, const void* data, std::size_t size) {
  static_cast<Wires*>(pointer)->out->append(std::span(static_cast<const std::byte*>(data), size));
  return static_cast<ssize_t>(size);
}

class GnutlsEndpoint : public Endpoint {
 public:
  GnutlsEndpoint(unsigned role, gnutls_priority_t priority, gnutls_certificate_credentials_t credentials)
      : is_server_(role == GNUTLS_SERVER) {
    gnutls_session_t session = nullptr;
    require_gnutls(gnutls_init(&session, role | GNUTLS_NONBLOCK | GNUTLS_NO_AUTO_SEND_TICKET), "gnutls_init");
    session_.reset(session);
    wires_.session = session;
    require_gnutls(gnutls_priority_set(session, priority), "priority");
    require_gnutls(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
    gnutls_transport_set_ptr(session, &wires_);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_transport_set_push_function(session, push);
  }

  std::size_t advance(Wire& in, Wire& out) override {
    wires_.in = &in;
    wires_.out = &out;
    if (!established_ && !shake_hands()) return 0;
    thread_local std::array<std::byte, 16384> data;
    std::size_t total = 0;
    while (!in.empty() || gnutls_record_check_pending(session_.get()) != 0) {
      const auto count = gnutls_record_recv(session_.get(), data.data(), data.size());
      if (count == GNUTLS_E_AGAIN) continue;
      total += static_cast<std::size_t>(require_gnutls(static_cast<int>(count), "gnutls_record_recv"));
    }
    return total;
  }

  void send(std::span<const std::byte> data, Wire& out) override {
    wires_.out = &out;
    require_gnutls(static_cast<int>(gnutls_record_send(session_.get(), data.data(), data.size())),
                   "gnutls_record_send");
  }

  [[nodiscard]] bool is_established() const override { return established_; }
  [[nodiscard]] bool is_resumed() const override { return gnutls_session_is_resumed(session_.get()) != 0; }
  [[nodiscard]] gnutls_session_t handle() const { return session_.get(); }

 private:
  bool shake_hands() {
    const int result = gnutls_handshake(session_.get());
    if (result == GNUTLS_E_AGAIN) return false;
    require_gnutls(result, "gnutls_handshake");
    if (is_server_) require_gnutls(gnutls_session_ticket_send(session_.get(), 1, 0), "ticket");
    established_ = true;
    return true;
  }

  bool is_server_;
  bool established_ = false;
  Wires wires_;
  SessionHandle session_;
};

// A client that hands its ticket over when it ends, if the next connection is to resume.
class GnutlsClient : public GnutlsEndpoint {
 public:
  GnutlsClient(gnutls_priority_t priority, gnutls_certificate_credentials_t credentials, std::string* keep)
      : GnutlsEndpoint(GNUTLS_CLIENT, priority, credentials), keep_(keep) {}

  std::size_t advance(Wire& in, Wire& out) override {
    const auto data = GnutlsEndpoint::advance(in, out);
    if (keep_ != nullptr && (gnutls_session_get_flags(handle()) & GNUTLS_SFLAGS_SESSION_TICKET) != 0) keep_session();
    return data;
  }

 private:
  void keep_session() {
    gnutls_datum_t session{};
    require_gnutls(gnutls_session_get_data2(handle(), &session), "session");
    keep_->assign(reinterpret_cast<const char*>(session.data), session.size);
    gnutls_free(session.data);
    keep_ = nullptr;
  }

  std::string* keep_;
};

std::string priority_of(CipherSuite suite) {
  std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:-CIPHER-ALL:+";
  switch (suite) {
    case CipherSuite::TLS_AES_256_GCM_SHA384: return priority + "AES-256-GCM";
    case CipherSuite::TLS_CHACHA20_POLY1305_SHA256: return priority + "CHACHA20-POLY1305";
    default: return priority + "AES-128-GCM";
  }
}

CredentialsHandle new_credentials() {
  gnutls_certificate_credentials_t credentials = nullptr;
  require_gnutls(gnutls_certificate_allocate_credentials(&credentials), "credentials");
  return CredentialsHandle(credentials);
}

class GnutlsStack : public Stack {
 public:
  GnutlsStack(const Setup& setup, const Credentials& credentials)
      : client_(new_credentials()), server_(new_credentials()), mutual_(setup.mutual), resume_(setup.resume) {
    gnutls_priority_t priority = nullptr;
    require_gnutls(gnutls_priority_init(&priority, priority_of(setup.suite).c_str(), nullptr), "priority");
    priority_.reset(priority);
    gnutls_datum_t key{};
    require_gnutls(gnutls_session_ticket_key_generate(&key), "ticket key");
    ticket_key_.assign(reinterpret_cast<const char*>(key.data), key.size);
    gnutls_free(key.data);
    trust(client_.get(), credentials.root);
    show(server_.get(), credentials.server_chain, credentials.server_key);
    if (!mutual_) return;
    show(client_.get(), credentials.client_chain, credentials.client_key);
    trust(server_.get(), credentials.root);
  }

  std::unique_ptr<Endpoint> client(Wire& out) override {
    auto endpoint = std::make_unique<GnutlsClient>(priority_.get(), client_.get(), resume_ ? &session_ : nullptr);
    auto* session = endpoint->handle();
    require_gnutls(gnutls_server_name_set(session, GNUTLS_NAME_DNS, host.data(), host.size()), "server name");
    gnutls_session_set_verify_cert(session, host.c_str(), 0);
    if (!session_.empty())
      require_gnutls(gnutls_session_set_data(session, session_.data(), session_.size()), "session");
    Wire nothing;
    endpoint->advance(nothing, out);
    return endpoint;
  }

  std::unique_ptr<Endpoint> server() override {
    auto endpoint = std::make_unique<GnutlsEndpoint>(GNUTLS_SERVER, priority_.get(), server_.get());
    const auto key = datum(ticket_key_);
    require_gnutls(gnutls_session_ticket_enable_server(endpoint->handle(), &key), "tickets");
    if (mutual_) {
      gnutls_certificate_server_set_request(endpoint->handle(), GNUTLS_CERT_REQUIRE);
      gnutls_session_set_verify_cert(endpoint->handle(), nullptr, 0);
    }
    return endpoint;
  }

 private:
  static void trust(gnutls_certificate_credentials_t credentials, const std::string& root) {
    const auto pem = datum(root);
    require_gnutls(gnutls_certificate_set_x509_trust_mem(credentials, &pem, GNUTLS_X509_FMT_PEM), "root");
  }

  static void show(gnutls_certificate_credentials_t credentials, const std::string& chain, const std::string& key) {
    const auto chain_pem = datum(chain);
    const auto key_pem = datum(key);
    require_gnutls(gnutls_certificate_set_x509_key_mem(credentials, &chain_pem, &key_pem, GNUTLS_X509_FMT_PEM), "key");
  }

  CredentialsHandle client_;
  CredentialsHandle server_;
  PriorityHandle priority_;
  std::string ticket_key_;
  std::string session_;
  bool mutual_;
  bool resume_;
};

}  // namespace

std::string gnutls_version() { return gnutls_check_version(nullptr); }

std::unique_ptr<Stack> make_gnutls(const Setup& setup, const Credentials& credentials) {
  return std::make_unique<GnutlsStack>(setup, credentials);
}

}  // namespace sotto::bench
