// BearSSL: TLS 1.2, with neither tickets nor an extended master secret.
#include <bearssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>

#include "stack.hpp"

namespace stack {
namespace {

using Octets = std::vector<unsigned char>;

const std::map<std::string, int> curve_numbers{{"x25519", BR_EC_curve25519},
                                               {"secp256r1", BR_EC_secp256r1},
                                               {"secp384r1", BR_EC_secp384r1},
                                               {"secp521r1", BR_EC_secp521r1}};

void append(void* to, const void* data, std::size_t size) {
  const auto* first = static_cast<const unsigned char*>(data);
  static_cast<Octets*>(to)->insert(static_cast<Octets*>(to)->end(), first, first + size);
}

// The DER objects of a PEM file.
std::vector<Octets> read_pem(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Octets> objects;
  br_pem_decoder_context decoder;
  br_pem_decoder_init(&decoder);
  for (std::size_t at = 0; at < text.size();) {
    at += br_pem_decoder_push(&decoder, text.data() + at, text.size() - at);
    const int event = br_pem_decoder_event(&decoder);
    if (event == BR_PEM_ERROR) throw std::runtime_error("no PEM: " + file);
    if (event != BR_PEM_BEGIN_OBJ) continue;
    objects.emplace_back();
    br_pem_decoder_setdest(&decoder, append, &objects.back());
  }
  return objects;
}

// A root that is trusted, with the octets that the library only points to.
struct Anchor {
  Octets name;
  br_x509_decoder_context decoder;
};

class Trust {
 public:
  void load(const std::string& file) {
    for (const auto& certificate : read_pem(file)) {
      auto& anchor = *anchors_.emplace_back(std::make_unique<Anchor>());
      br_x509_decoder_init(&anchor.decoder, append, &anchor.name);
      br_x509_decoder_push(&anchor.decoder, certificate.data(), certificate.size());
      const auto* key = br_x509_decoder_get_pkey(&anchor.decoder);
      if (key == nullptr) throw std::runtime_error("no certificate in " + file);
      list_.push_back({{anchor.name.data(), anchor.name.size()}, BR_X509_TA_CA, *key});
    }
  }
  [[nodiscard]] const std::vector<br_x509_trust_anchor>& list() const { return list_; }

 private:
  std::vector<std::unique_ptr<Anchor>> anchors_;
  std::vector<br_x509_trust_anchor> list_;
};

// Our own chain and key.
class Credential {
 public:
  void load(const Options& options) {
    octets_ = read_pem(options.certificates);
    for (auto& certificate : octets_) chain_.push_back({certificate.data(), certificate.size()});
    br_skey_decoder_init(&key_);
    for (const auto& object : read_pem(options.key)) br_skey_decoder_push(&key_, object.data(), object.size());
    if (br_skey_decoder_last_error(&key_) != 0) throw std::runtime_error("no key in " + options.key);
  }
  [[nodiscard]] bool is_there() const { return !chain_.empty(); }
  [[nodiscard]] const br_rsa_private_key* rsa() const { return br_skey_decoder_get_rsa(&key_); }
  [[nodiscard]] const br_ec_private_key* ec() const { return br_skey_decoder_get_ec(&key_); }
  [[nodiscard]] const br_x509_certificate* chain() const { return chain_.data(); }
  [[nodiscard]] std::size_t length() const { return chain_.size(); }

 private:
  std::vector<Octets> octets_;
  std::vector<br_x509_certificate> chain_;
  br_skey_decoder_context key_{};
};

// What all connections share.
struct Shared {
  const Options& options;
  Trust trust{};
  Credential credential{};
  br_ssl_session_cache_lru cache{};
  std::array<unsigned char, 8192> cache_memory{};
  std::optional<br_ssl_session_parameters> last{};
};

int receive(void* socket, unsigned char* space, std::size_t size) {
  const auto received = ::recv(*static_cast<int*>(socket), space, size, 0);
  return received > 0 ? static_cast<int>(received) : -1;
}

int send(void* socket, const unsigned char* data, std::size_t size) {
  const auto sent = ::send(*static_cast<int*>(socket), data, size, MSG_NOSIGNAL);
  return sent > 0 ? static_cast<int>(sent) : -1;
}

class BearConnection final : public Connection {
 public:
  BearConnection(int socket, Shared& shared) : socket_(socket), shared_(shared) {
    const auto& options = shared.options;
    if (options.server) {
      prepare_server();
    } else {
      prepare_client();
    }
    br_ssl_engine_set_versions(engine_, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine_, &options.suite, 1);
    if (!options.group.empty()) {
      curve_ = *br_ssl_engine_get_ec(engine_);
      curve_.supported_curves = std::uint32_t{1} << curve_numbers.at(options.group);
      br_ssl_engine_set_ec(engine_, &curve_);
    }
    for (const auto& protocol : options.alpn) protocols_.push_back(protocol.c_str());
    if (!protocols_.empty()) {
      br_ssl_engine_set_protocol_names(engine_, protocols_.data(), protocols_.size());
      br_ssl_engine_add_flags(engine_, BR_OPT_FAIL_ON_ALPN_MISMATCH);
    }
    // A client with a small buffer asks for max_fragment_length.
    const auto input = options.fragment == 0 ? BR_SSL_BUFSIZE_INPUT : options.fragment + 325;
    input_.resize(input);
    output_.resize(BR_SSL_BUFSIZE_OUTPUT);
    br_ssl_engine_set_buffers_bidi(engine_, input_.data(), input_.size(), output_.data(), output_.size());
  }

  void shake_hands() override {
    const auto& options = shared_.options;
    if (options.server) {
      need(br_ssl_server_reset(&server_) == 1, "reset");
    } else {
      if (shared_.last) br_ssl_engine_set_session_parameters(engine_, &*shared_.last);
      need(br_ssl_client_reset(&client_, options.name.c_str(), shared_.last ? 1 : 0) == 1, "reset");
    }
    br_sslio_init(&stream_, engine_, receive, &socket_, send, &socket_);
    need(br_sslio_flush(&stream_) == 0, "handshake");
    br_ssl_session_parameters now;
    br_ssl_engine_get_session_parameters(engine_, &now);
    resumed_ = shared_.last && now.session_id_len > 0 && now.session_id_len == shared_.last->session_id_len &&
               std::equal(now.session_id, now.session_id + now.session_id_len, shared_.last->session_id);
    shared_.last = now;
  }

  Facts facts() override {
    Facts facts;
    facts.version = br_ssl_engine_get_version(engine_) == BR_TLS12 ? "1.2" : "an older one";
    facts.suite = shared_.last->cipher_suite;
    facts.resumed = resumed_;
    unsigned usages = 0;
    facts.has_certificate = verifies_ && verifier_.vtable->get_pkey(&verifier_.vtable, &usages) != nullptr;
    if (const char* name = br_ssl_engine_get_selected_protocol(engine_)) facts.alpn = name;
    return facts;
  }

  void write(std::span<const unsigned char> data) override {
    need(br_sslio_write_all(&stream_, data.data(), data.size()) == 0, "write");
    need(br_sslio_flush(&stream_) == 0, "write");
  }

  std::size_t read(std::span<unsigned char> space) override {
    const int size = br_sslio_read(&stream_, space.data(), space.size());
    if (size > 0) return static_cast<std::size_t>(size);
    // The engine is closed without an error only after close_notify.
    need(br_ssl_engine_current_state(engine_) == BR_SSL_CLOSED && br_ssl_engine_last_error(engine_) == BR_ERR_OK,
         "read");
    return 0;
  }

  void close() override { br_sslio_close(&stream_); }

  void renegotiate() override {
    need(br_ssl_engine_renegotiate(engine_) == 1, "renegotiation");
    need(br_sslio_flush(&stream_) == 0, "renegotiation");
  }

  void update_keys() override { throw std::runtime_error("TLS 1.2 has no KeyUpdate"); }

 private:
  void need(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what + ": error " + std::to_string(br_ssl_engine_last_error(engine_)));
  }

  void prepare_client() {
    engine_ = &client_.eng;
    verifies_ = true;
    const auto& trusted = shared_.trust.list();
    br_ssl_client_init_full(&client_, &verifier_, trusted.data(), trusted.size());
    const auto& own = shared_.credential;
    if (!own.is_there()) return;
    if (own.rsa() != nullptr) {
      br_ssl_client_set_single_rsa(&client_, own.chain(), own.length(), own.rsa(), br_rsa_pkcs1_sign_get_default());
      return;
    }
    br_ssl_client_set_single_ec(&client_, own.chain(), own.length(), own.ec(), BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
                                br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
  }

  void prepare_server() {
    engine_ = &server_.eng;
    const auto& own = shared_.credential;
    if (own.rsa() != nullptr) {
      br_ssl_server_init_full_rsa(&server_, own.chain(), own.length(), own.rsa());
    } else {
      br_ssl_server_init_full_ec(&server_, own.chain(), own.length(), BR_KEYTYPE_EC, own.ec());
    }
    br_ssl_server_set_cache(&server_, &shared_.cache.vtable);
    if (!shared_.options.demand) return;
    verifies_ = true;
    const auto& trusted = shared_.trust.list();
    br_x509_minimal_init_full(&verifier_, trusted.data(), trusted.size());
    br_ssl_engine_set_default_rsavrfy(engine_);
    br_ssl_engine_set_default_ecdsa(engine_);
    br_ssl_engine_set_x509(engine_, &verifier_.vtable);
    br_ssl_server_set_trust_anchor_names_alt(&server_, trusted.data(), trusted.size());
  }

  int socket_;
  Shared& shared_;
  br_ssl_client_context client_{};
  br_ssl_server_context server_{};
  br_ssl_engine_context* engine_ = nullptr;
  br_x509_minimal_context verifier_{};
  br_sslio_context stream_{};
  br_ec_impl curve_{};
  std::vector<const char*> protocols_;
  Octets input_;
  Octets output_;
  bool verifies_ = false;
  bool resumed_ = false;
};

class BearLibrary final : public Library {
 public:
  explicit BearLibrary(const Options& options) : shared_{.options = options} {
    if (!options.roots.empty()) shared_.trust.load(options.roots);
    if (!options.certificates.empty()) shared_.credential.load(options);
    br_ssl_session_cache_lru_init(&shared_.cache, shared_.cache_memory.data(), shared_.cache_memory.size());
  }
  std::unique_ptr<Connection> open(int socket) override { return std::make_unique<BearConnection>(socket, shared_); }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<Library> make_library(const Options& options) { return std::make_unique<BearLibrary>(options); }

}  // namespace stack
