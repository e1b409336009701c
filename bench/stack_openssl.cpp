#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

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
using ContextHandle = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SessionHandle = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;
using BioHandle = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificateHandle = std::unique_ptr<X509, Free<X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using MethodHandle = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;

void require_ssl(bool condition, const char* what) {
  if (condition) return;
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  throw std::runtime_error(std::string("OpenSSL: ") + what + ": " + reason.data());
}

// The two wires of the call that is under way.
struct Wires {
  Wire* in = nullptr;
  Wire* out = nullptr;
};

int read_wire(BIO* bio, char* data, int size) {
  auto* wires = static_cast<Wires*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto count = wires->in->take(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
  if (count != 0) return static_cast<int>(count);
  BIO_set_retry_read(bio);
  return -1;
}

int write_wire(BIO* bio, const char* data, int size) {
  auto* wires = static_cast<Wires*>(BIO_get_data(bio));
  wires->out->append(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
  return size;
}

long control_wire(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) { return command == BIO_CTRL_FLUSH; }

BIO_METHOD* wire_method() {
  static const auto method = [] {
    auto made = MethodHandle(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire"));
    BIO_meth_set_read(made.get(), read_wire);
    BIO_meth_set_write(made.get(), write_wire);
    BIO_meth_set_ctrl(made.get(), control_wire);
    return made;
  }();
  return method.get();
}

class OpensslEndpoint : public Endpoint {
 public:
  explicit OpensslEndpoint(SSL_CTX* context) : ssl_(SSL_new(context)) {
    require_ssl(ssl_ != nullptr, "SSL_new");
    auto* bio = BIO_new(wire_method());
    BIO_set_data(bio, &wires_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
  }
  // A connection that ends without close_notify may not be resumed; here the peers just agree to go.
  ~OpensslEndpoint() override { SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

  std::size_t advance(Wire& in, Wire& out) override {
    wires_ = {&in, &out};
    if (SSL_is_init_finished(ssl_.get()) == 0 && !go_on(SSL_do_handshake(ssl_.get()), "SSL_do_handshake")) return 0;
    thread_local std::array<std::byte, 16384> data;
    std::size_t total = 0;
    while (!in.empty() || SSL_has_pending(ssl_.get()) != 0) {
      std::size_t count = 0;
      if (!go_on(SSL_read_ex(ssl_.get(), data.data(), data.size(), &count), "SSL_read_ex")) break;
      total += count;
    }
    return total;
  }

  void send(std::span<const std::byte> data, Wire& out) override {
    wires_ = {nullptr, &out};
    std::size_t written = 0;
    require_ssl(SSL_write_ex(ssl_.get(), data.data(), data.size(), &written) == 1, "SSL_write_ex");
  }

  [[nodiscard]] bool is_established() const override { return SSL_is_init_finished(ssl_.get()) != 0; }
  [[nodiscard]] bool is_resumed() const override { return SSL_session_reused(ssl_.get()) != 0; }
  [[nodiscard]] SSL* handle() const { return ssl_.get(); }

 private:
  // False: more input is needed.
  bool go_on(int result, const char* what) {
    if (result == 1) return true;
    require_ssl(SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ, what);
    return false;
  }

  Wires wires_;
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
};

const char* name_of(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::TLS_AES_256_GCM_SHA384: return "TLS_AES_256_GCM_SHA384";
    case CipherSuite::TLS_CHACHA20_POLY1305_SHA256: return "TLS_CHACHA20_POLY1305_SHA256";
    default: return "TLS_AES_128_GCM_SHA256";
  }
}

BioHandle reading(const std::string& pem) {
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

class OpensslStack : public Stack {
 public:
  OpensslStack(const Setup& setup, const Credentials& credentials)
      : client_(SSL_CTX_new(TLS_client_method())), server_(SSL_CTX_new(TLS_server_method())), resume_(setup.resume) {
    for (auto* context : {client_.get(), server_.get()}) configure(context, setup);
    set_up_client();
    require_ssl(SSL_CTX_set_num_tickets(server_.get(), 1) == 1, "tickets");
    trust(client_.get(), credentials.root);
    SSL_CTX_set_verify(client_.get(), SSL_VERIFY_PEER, nullptr);
    show(server_.get(), credentials.server_chain, credentials.server_key);
    if (!setup.mutual) return;
    show(client_.get(), credentials.client_chain, credentials.client_key);
    trust(server_.get(), credentials.root);
    SSL_CTX_set_verify(server_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    constexpr std::array<unsigned char, 1> id = {1};
    require_ssl(SSL_CTX_set_session_id_context(server_.get(), id.data(), id.size()) == 1, "session id context");
  }

  std::unique_ptr<Endpoint> client(Wire& out) override {
    auto endpoint = std::make_unique<OpensslEndpoint>(client_.get());
    auto* ssl = endpoint->handle();
    SSL_set_connect_state(ssl);
    require_ssl(SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1, "host");
    if (session_) require_ssl(SSL_set_session(ssl, session_.get()) == 1, "session");
    Wire nothing;
    endpoint->advance(nothing, out);
    return endpoint;
  }

  std::unique_ptr<Endpoint> server() override {
    auto endpoint = std::make_unique<OpensslEndpoint>(server_.get());
    SSL_set_accept_state(endpoint->handle());
    return endpoint;
  }

 private:
  static void configure(SSL_CTX* context, const Setup& setup) {
    require_ssl(context != nullptr, "SSL_CTX_new");
    require_ssl(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "version");
    require_ssl(SSL_CTX_set_ciphersuites(context, name_of(setup.suite)) == 1, "cipher suite");
    require_ssl(SSL_CTX_set1_groups_list(context, "X25519") == 1, "group");
    if (setup.lean) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  }

  void set_up_client() {
    SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(client_.get(), this);
    SSL_CTX_sess_set_new_cb(client_.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto* stack = static_cast<OpensslStack*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      if (!stack->resume_) return 0;
      stack->session_.reset(session);
      return 1;
    });
  }

  static void trust(SSL_CTX* context, const std::string& root) {
    const auto bio = reading(root);
    const auto certificate = CertificateHandle(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    require_ssl(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) == 1, "root");
  }

  static void show(SSL_CTX* context, const std::string& chain, const std::string& key) {
    const auto chain_bio = reading(chain);
    const auto leaf = CertificateHandle(PEM_read_bio_X509(chain_bio.get(), nullptr, nullptr, nullptr));
    const auto intermediate = CertificateHandle(PEM_read_bio_X509(chain_bio.get(), nullptr, nullptr, nullptr));
    const auto key_bio = reading(key);
    const auto private_key = KeyHandle(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    require_ssl(SSL_CTX_use_certificate(context, leaf.get()) == 1, "certificate");
    require_ssl(SSL_CTX_add1_chain_cert(context, intermediate.get()) == 1, "intermediate");
    require_ssl(SSL_CTX_use_PrivateKey(context, private_key.get()) == 1, "private key");
  }

  ContextHandle client_;
  ContextHandle server_;
  bool resume_;
  SessionHandle session_;
};

}  // namespace

std::string openssl_version() { return OpenSSL_version(OPENSSL_FULL_VERSION_STRING); }

std::unique_ptr<Stack> make_openssl(const Setup& setup, const Credentials& credentials) {
  return std::make_unique<OpensslStack>(setup, credentials);
}

}  // namespace sotto::bench
