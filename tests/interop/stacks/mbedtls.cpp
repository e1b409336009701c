// mbedTLS 2.28: TLS 1.2.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "stack.hpp"

namespace stack {
namespace {

const std::map<std::string, mbedtls_ecp_group_id> group_numbers{{"x25519", MBEDTLS_ECP_DP_CURVE25519},
                                                                {"secp256r1", MBEDTLS_ECP_DP_SECP256R1},
                                                                {"secp384r1", MBEDTLS_ECP_DP_SECP384R1},
                                                                {"secp521r1", MBEDTLS_ECP_DP_SECP521R1}};
const std::map<unsigned, unsigned char> fragment_codes{{512, MBEDTLS_SSL_MAX_FRAG_LEN_512},
                                                       {1024, MBEDTLS_SSL_MAX_FRAG_LEN_1024},
                                                       {2048, MBEDTLS_SSL_MAX_FRAG_LEN_2048},
                                                       {4096, MBEDTLS_SSL_MAX_FRAG_LEN_4096}};

int check(int result, const char* what) {
  if (result >= 0) return result;
  std::array<char, 120> words{};
  mbedtls_strerror(result, words.data(), words.size());
  throw std::runtime_error(std::string(what) + ": " + words.data());
}

// One of the library's structs, initialised and freed with it.
template <class T, void (*initialise)(T*), void (*release)(T*)>
class Owned {
 public:
  Owned() { initialise(&value_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { release(&value_); }
  T* operator->() { return &value_; }
  T* get() { return &value_; }

 private:
  T value_;
};
using Session = Owned<mbedtls_ssl_session, mbedtls_ssl_session_init, mbedtls_ssl_session_free>;

struct Kept {
  Session session;
  bool is_there = false;
};

class MbedConnection final : public Connection {
 public:
  MbedConnection(const mbedtls_ssl_config* config, int socket, const Options& options, Kept& kept)
      : options_(options), kept_(kept), net_{socket} {
    check(mbedtls_ssl_setup(context_.get(), config), "setup");
    mbedtls_ssl_set_bio(context_.get(), &net_, mbedtls_net_send, mbedtls_net_recv, nullptr);
    if (options.server) return;
    check(mbedtls_ssl_set_hostname(context_.get(), options.name.c_str()), "name");
    if (kept.is_there) check(mbedtls_ssl_set_session(context_.get(), kept.session.get()), "session");
  }

  void shake_hands() override {
    // The library does not say whether it resumed: a handshake that did skips the states of the key exchange.
    bool exchanged = false;
    while (context_->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
      exchanged = exchanged || context_->state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE;
      check(mbedtls_ssl_handshake_step(context_.get()), "handshake");
    }
    resumed_ = !exchanged;
  }

  Facts facts() override {
    Facts facts;
    facts.version = context_->minor_ver == MBEDTLS_SSL_MINOR_VERSION_3 ? "1.2" : "an older one";
    facts.suite =
        static_cast<std::uint16_t>(mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(context_.get())));
    facts.resumed = resumed_;
    facts.has_certificate = mbedtls_ssl_get_peer_cert(context_.get()) != nullptr;
    if (const char* name = mbedtls_ssl_get_alpn_protocol(context_.get())) facts.alpn = name;
    return facts;
  }

  void write(std::span<const unsigned char> data) override {
    while (!data.empty())
      data = data.subspan(
          static_cast<std::size_t>(check(mbedtls_ssl_write(context_.get(), data.data(), data.size()), "write")));
  }

  std::size_t read(std::span<unsigned char> space) override {
    const int size = mbedtls_ssl_read(context_.get(), space.data(), space.size());
    if (size == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return 0;
    if (size == 0) throw std::runtime_error("read: the transport ended without close_notify");
    return static_cast<std::size_t>(check(size, "read"));
  }

  void close() override {
    if (!options_.server) {
      mbedtls_ssl_session_free(kept_.session.get());
      kept_.is_there = mbedtls_ssl_get_session(context_.get(), kept_.session.get()) == 0;
    }
    mbedtls_ssl_close_notify(context_.get());
  }

  void renegotiate() override { check(mbedtls_ssl_renegotiate(context_.get()), "renegotiation"); }

  void update_keys() override { throw std::runtime_error("TLS 1.2 has no KeyUpdate"); }

 private:
  const Options& options_;
  Kept& kept_;
  mbedtls_net_context net_;
  Owned<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free> context_;
  bool resumed_ = false;
};

class MbedLibrary final : public Library {
 public:
  explicit MbedLibrary(const Options& options) : options_(options), suites_{options.suite, 0} {
    check(mbedtls_ctr_drbg_seed(random_.get(), mbedtls_entropy_func, entropy_.get(), nullptr, 0), "randomness");
    auto* config = config_.get();
    const int role = options.server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT;
    check(mbedtls_ssl_config_defaults(config, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "defaults");
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, random_.get());
    mbedtls_ssl_conf_ciphersuites(config, suites_.data());
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    const bool verifies = !options.server || options.demand;
    mbedtls_ssl_conf_authmode(config, verifies ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    load_certificates();
    set_choices();
    if (options.server) keep_sessions();
  }

  std::unique_ptr<Connection> open(int socket) override {
    return std::make_unique<MbedConnection>(config_.get(), socket, options_, kept_);
  }

 private:
  void load_certificates() {
    if (!options_.roots.empty()) {
      check(mbedtls_x509_crt_parse_file(roots_.get(), options_.roots.c_str()), "roots");
      mbedtls_ssl_conf_ca_chain(config_.get(), roots_.get(), nullptr);
    }
    if (options_.certificates.empty()) return;
    check(mbedtls_x509_crt_parse_file(chain_.get(), options_.certificates.c_str()), "certificate");
    check(mbedtls_pk_parse_keyfile(key_.get(), options_.key.c_str(), nullptr), "key");
    check(mbedtls_ssl_conf_own_cert(config_.get(), chain_.get(), key_.get()), "credential");
  }

  void set_choices() {
    auto* config = config_.get();
    if (!options_.group.empty()) {
      groups_ = {group_numbers.at(options_.group), MBEDTLS_ECP_DP_NONE};
      mbedtls_ssl_conf_curves(config, groups_.data());
    }
    for (const auto& protocol : options_.alpn) protocols_.push_back(protocol.c_str());
    protocols_.push_back(nullptr);
    if (!options_.alpn.empty()) check(mbedtls_ssl_conf_alpn_protocols(config, protocols_.data()), "ALPN");
    if (options_.fragment != 0)
      check(mbedtls_ssl_conf_max_frag_len(config, fragment_codes.at(options_.fragment)), "max_fragment_length");
    if (!options_.server)
      mbedtls_ssl_conf_session_tickets(
          config, options_.tickets ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  }

  void keep_sessions() {
    if (!options_.tickets) {
      mbedtls_ssl_conf_session_cache(config_.get(), cache_.get(), mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
      return;
    }
    check(mbedtls_ssl_ticket_setup(tickets_.get(), mbedtls_ctr_drbg_random, random_.get(), MBEDTLS_CIPHER_AES_256_GCM,
                                   3600),
          "tickets");
    mbedtls_ssl_conf_session_tickets_cb(config_.get(), mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse,
                                        tickets_.get());
  }

  const Options& options_;
  std::array<int, 2> suites_;
  std::array<mbedtls_ecp_group_id, 2> groups_{};
  std::vector<const char*> protocols_;
  Owned<mbedtls_entropy_context, mbedtls_entropy_init, mbedtls_entropy_free> entropy_;
  Owned<mbedtls_ctr_drbg_context, mbedtls_ctr_drbg_init, mbedtls_ctr_drbg_free> random_;
  Owned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free> roots_;
  Owned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free> chain_;
  Owned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free> key_;
  Owned<mbedtls_ssl_cache_context, mbedtls_ssl_cache_init, mbedtls_ssl_cache_free> cache_;
  Owned<mbedtls_ssl_ticket_context, mbedtls_ssl_ticket_init, mbedtls_ssl_ticket_free> tickets_;
  Owned<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free> config_;
  Kept kept_;
};

}  // namespace

std::unique_ptr<Library> make_library(const Options& options) { return std::make_unique<MbedLibrary>(options); }

}  // namespace stack
