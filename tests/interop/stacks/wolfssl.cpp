// wolfSSL: TLS 1.2 and 1.3.
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/dh.h>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "stack.hpp"

namespace stack {
namespace {

const std::map<std::string, int> group_numbers{{"x25519", WOLFSSL_ECC_X25519},
                                               {"secp256r1", WOLFSSL_ECC_SECP256R1},
                                               {"secp384r1", WOLFSSL_ECC_SECP384R1},
                                               {"secp521r1", WOLFSSL_ECC_SECP521R1}};
const std::map<unsigned, unsigned char> fragment_codes{
    {512, WOLFSSL_MFL_2_9}, {1024, WOLFSSL_MFL_2_10}, {2048, WOLFSSL_MFL_2_11}, {4096, WOLFSSL_MFL_2_12}};

void check(int result, const char* what) {
  if (result != WOLFSSL_SUCCESS) throw std::runtime_error(std::string(what) + ": " + std::to_string(result));
}

struct FreeContext {
  void operator()(WOLFSSL_CTX* context) const { wolfSSL_CTX_free(context); }
};
struct FreeConnection {
  void operator()(WOLFSSL* connection) const { wolfSSL_free(connection); }
};
struct FreeSession {
  void operator()(WOLFSSL_SESSION* session) const { wolfSSL_SESSION_free(session); }
};
using Session = std::unique_ptr<WOLFSSL_SESSION, FreeSession>;

class WolfConnection final : public Connection {
 public:
  WolfConnection(WOLFSSL* connection, const Options& options, Session& session)
      : connection_(connection), options_(options), session_(session) {}

  void shake_hands() override {
    need(options_.server ? wolfSSL_accept(connection_.get()) : wolfSSL_connect(connection_.get()), "handshake");
  }

  Facts facts() override {
    Facts facts;
    facts.version = wolfSSL_version(connection_.get()) == TLS1_3_VERSION ? "1.3" : "1.2";
    facts.suite = static_cast<std::uint16_t>(wolfSSL_get_current_cipher_suite(connection_.get()));
    facts.resumed = wolfSSL_session_reused(connection_.get()) == 1;
    facts.has_certificate = wolfSSL_get_chain_count(wolfSSL_get_peer_chain(connection_.get())) > 0;
    char* name = nullptr;
    unsigned short length = 0;
    if (wolfSSL_ALPN_GetProtocol(connection_.get(), &name, &length) == WOLFSSL_SUCCESS) facts.alpn.assign(name, length);
    return facts;
  }

  void write(std::span<const unsigned char> data) override {
    need(wolfSSL_write(connection_.get(), data.data(), static_cast<int>(data.size())), "write");
  }

  std::size_t read(std::span<unsigned char> space) override {
    const int size = wolfSSL_read(connection_.get(), space.data(), static_cast<int>(space.size()));
    if (size > 0) return static_cast<std::size_t>(size);
    if ((wolfSSL_get_shutdown(connection_.get()) & WOLFSSL_RECEIVED_SHUTDOWN) == 0) need(size, "read");
    return 0;
  }

  void close() override {
    if (!options_.server) session_.reset(wolfSSL_get1_session(connection_.get()));
    wolfSSL_shutdown(connection_.get());
  }

  void renegotiate() override { throw std::runtime_error("Debian's wolfSSL is built without renegotiation"); }

  void update_keys() override { check(wolfSSL_update_keys(connection_.get()), "KeyUpdate"); }

 private:
  void need(int result, const char* what) {
    if (result > 0) return;
    const int error = wolfSSL_get_error(connection_.get(), result);
    std::array<char, 80> words{};
    wolfSSL_ERR_error_string_n(static_cast<unsigned long>(error), words.data(), words.size());
    throw std::runtime_error(std::string(what) + ": " + words.data());
  }

  std::unique_ptr<WOLFSSL, FreeConnection> connection_;
  const Options& options_;
  Session& session_;
};

class WolfLibrary final : public Library {
 public:
  explicit WolfLibrary(const Options& options) : options_(options) {
    wolfSSL_Init();
    const bool newest = options.version == "1.3";
    auto* method = options.server ? (newest ? wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method())
                                  : (newest ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());
    context_.reset(wolfSSL_CTX_new(method));
    if (context_ == nullptr) throw std::runtime_error("no context");
    auto* context = context_.get();
    const std::array suite{static_cast<unsigned char>(options.suite >> 8), static_cast<unsigned char>(options.suite)};
    check(wolfSSL_CTX_set_cipher_list_bytes(context, suite.data(), suite.size()), "suite");
    if (!options.roots.empty())
      check(wolfSSL_CTX_load_verify_locations(context, options.roots.c_str(), nullptr), "roots");
    if (!options.certificates.empty()) {
      check(wolfSSL_CTX_use_certificate_chain_file(context, options.certificates.c_str()), "certificate");
      check(wolfSSL_CTX_use_PrivateKey_file(context, options.key.c_str(), WOLFSSL_FILETYPE_PEM), "key");
    }
    const bool verifies = !options.server || options.demand;
    wolfSSL_CTX_set_verify(
        context, verifies ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : WOLFSSL_VERIFY_NONE, nullptr);
    set_tickets(newest);
    if (!options.server) check(wolfSSL_CTX_UseSecureRenegotiation(context), "renegotiation_info");
    if (const auto* group = wc_Dh_ffdhe2048_Get(); options.server && !newest)
      check(wolfSSL_CTX_SetTmpDH(context, group->p, static_cast<int>(group->p_len), group->g,
                                 static_cast<int>(group->g_len)),
            "DHE");
    if (options.fragment != 0 && !options.server)
      check(wolfSSL_CTX_UseMaxFragment(context, fragment_codes.at(options.fragment)), "max_fragment_length");
  }

  std::unique_ptr<Connection> open(int socket) override {
    auto* raw = wolfSSL_new(context_.get());
    auto connection = std::make_unique<WolfConnection>(raw, options_, session_);
    check(wolfSSL_set_fd(raw, socket), "socket");
    if (!options_.group.empty()) {
      int group = group_numbers.at(options_.group);
      // Of the groups that it shares keys for, and of those that it knows at all.
      if (options_.version == "1.3") check(wolfSSL_set_groups(raw, &group, 1), "group");
      check(wolfSSL_UseSupportedCurve(raw, static_cast<word16>(group)), "group");
    }
    std::string protocols;
    for (const auto& protocol : options_.alpn) protocols += (protocols.empty() ? "" : ",") + protocol;
    if (!protocols.empty())
      check(wolfSSL_UseALPN(raw, protocols.data(), static_cast<unsigned>(protocols.size()),
                            WOLFSSL_ALPN_FAILED_ON_MISMATCH),
            "ALPN");
    if (options_.server) return connection;
    check(wolfSSL_UseSNI(raw, WOLFSSL_SNI_HOST_NAME, options_.name.data(),
                         static_cast<unsigned short>(options_.name.size())),
          "SNI");
    check(wolfSSL_check_domain_name(raw, options_.name.c_str()), "name");
    if (session_ != nullptr) check(wolfSSL_set_session(raw, session_.get()), "session");
    return connection;
  }

 private:
  void set_tickets(bool newest) {
    auto* context = context_.get();
    if (options_.tickets && !options_.server) check(wolfSSL_CTX_UseSessionTicket(context), "tickets");
    if (options_.tickets || !options_.server) return;
    if (newest) {
      wolfSSL_CTX_no_ticket_TLSv13(context);
    } else {
      wolfSSL_CTX_NoTicketTLSv12(context);
    }
  }

  const Options& options_;
  std::unique_ptr<WOLFSSL_CTX, FreeContext> context_;
  Session session_;
};

}  // namespace

std::unique_ptr<Library> make_library(const Options& options) { return std::make_unique<WolfLibrary>(options); }

}  // namespace stack
