// sotto connect: a verified connection, explained, and joined to standard input and output.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <sotto/client.hpp>

#include "commands.hpp"
#include "complain.hpp"
#include "connect/conversation.hpp"
#include "connect/facts.hpp"
#include "connect/options.hpp"
#include "connect/plaintext.hpp"
#include "connect/session_file.hpp"
#include "connect/story.hpp"
#include "connect/witness.hpp"
#include "credentials.hpp"
#include "files.hpp"
#include "net/dial.hpp"
#include "net/own_name.hpp"
#include "standard_streams.hpp"
#include "terminal.hpp"
#include "text.hpp"
#include "tlsa.hpp"

namespace program {
namespace {

/// All that a connection needs, made from the options before anything touches the network.
struct Preparation {
  Endpoint target;
  sotto::ServerName name{""};
  std::shared_ptr<Witness> witness;
  std::shared_ptr<SessionFile> session;
  pkcs11::Keys token_keys;
  std::shared_ptr<const sotto::ClientConfig> config;
  std::string early_data;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds handshake_timeout{};
};

Outcome<Endpoint> parse_target(const ConnectOptions& options) {
  auto target = parse_endpoint(options.target, EndpointRole::peer);
  if (target && !target->is_tls())
    return failure(ExitCode::usage, fmt::format("sotto connect speaks TLS, and {} is plain; write tls://HOST:PORT",
                                                printable(target->text())));
  return target;
}

Outcome<sotto::Policy> choose_policy(const ConnectOptions& options) {
  auto policy = sotto::Policy::named(options.policy);
  if (!policy) return failure(ExitCode::usage, "--policy: " + printable(policy.error().message()));
  if (const auto checked = check_versions(options.versions, "--min-version", "--max-version"); !checked)
    return std::unexpected(checked.error());
  keep_versions(*policy, options.versions);
  if (options.no_certificate_compression) {
    policy->certificate_compression.clear();
    policy->certificate_decompression.clear();
  }
  if (const auto names = split_lists(options.groups); !names.empty()) {
    policy->groups.clear();
    for (const auto& name : names) {
      const auto group = sotto::parse_group(name);
      if (!group) return failure(ExitCode::usage, "--groups: " + printable(group.error().message()));
      policy->groups.push_back(*group);
    }
    policy->key_shares = {policy->groups.front()};
  }
  if (const auto names = split_lists(options.cipher_suites); !names.empty()) {
    policy->cipher_suites.clear();
    for (const auto& name : names) {
      const auto suite = sotto::parse_cipher_suite(name);
      if (!suite) return failure(ExitCode::usage, "--ciphersuites: " + printable(suite.error().message()));
      policy->cipher_suites.push_back(*suite);
    }
  }
  return *std::move(policy);
}

Outcome<std::shared_ptr<sotto::danger::KeyLog>> open_key_log(const ConnectOptions& options) {
  if (!options.use_key_log) return nullptr;
  auto file = options.key_log;
  if (file.empty()) {
    const char* const from_environment = std::getenv("SSLKEYLOGFILE");
    if (from_environment == nullptr || *from_environment == '\0')
      return failure(ExitCode::usage, "--keylog: name a file, or set SSLKEYLOGFILE");
    file = from_environment;
  }
  auto log = sotto::danger::key_log_file(file);
  if (!log) return failure(log.error(), fmt::format("--keylog {}", printable(file)));
  return *std::move(log);
}

Outcome<std::shared_ptr<const sotto::Verifier>> make_judge(const ConnectOptions& options) {
  if (!options.tlsa.empty()) {
    if (!options.roots.empty()) return failure(ExitCode::usage, "--roots has no use: --tlsa names what is trusted");
    return make_tlsa_verifier(options.tlsa, "--tlsa");
  }
  auto roots = options.roots.empty() ? sotto::TrustStore::system() : sotto::TrustStore::from_pem_file(options.roots);
  if (!roots)
    return failure(roots.error(),
                   options.roots.empty() ? "the system's roots" : fmt::format("--roots {}", printable(options.roots)));
  return sotto::make_verifier(*std::move(roots));
}

Outcome<std::shared_ptr<Witness>> make_witness(const ConnectOptions& options) {
  auto judge = make_judge(options);
  if (!judge) return std::unexpected(judge.error());
  return std::make_shared<Witness>(*std::move(judge),
                                   options.insecure ? Witness::OnRefusal::go_on : Witness::OnRefusal::stop);
}

Outcome<void> add_credentials(sotto::ClientConfig::Builder& builder, pkcs11::Keys& token_keys,
                              const ConnectOptions& options) {
  const auto pairs = pair_files(options.certificates, options.keys, options.passphrase_files);
  if (!pairs) return std::unexpected(pairs.error());
  Passphrases passphrases;
  for (const auto& files : *pairs) {
    auto credential = load_credential(files, passphrases, token_keys);
    if (!credential) return std::unexpected(credential.error());
    builder.credential(*std::move(credential)).post_handshake_authentication();
  }
  return {};
}

Outcome<void> make_config(Preparation& preparation, const ConnectOptions& options) {
  auto policy = choose_policy(options);
  if (!policy) return std::unexpected(policy.error());
  auto key_log = open_key_log(options);
  if (!key_log) return std::unexpected(key_log.error());
  auto builder = sotto::ClientConfig::builder();
  builder.policy(*std::move(policy)).verifier(preparation.witness).session_store(preparation.session);
  if (const auto alpn = split_lists(options.alpn); !alpn.empty())
    builder.alpn(alpn);
  else if (const auto registered = preparation.target.alpn(); !registered.empty())
    builder.alpn({std::string(registered)});
  if (options.verify_sessions_again) builder.verify_sessions_again();
  if (*key_log) builder.key_log(*std::move(key_log));
  if (auto added = add_credentials(builder, preparation.token_keys, options); !added) return added;
  auto config = builder.build();
  if (!config) return failure(config.error(), "");
  preparation.config = *std::move(config);
  return {};
}

Outcome<Preparation> prepare(const ConnectOptions& options) {
  Preparation preparation;
  auto target = parse_target(options);
  if (!target) return std::unexpected(target.error());
  preparation.target = *std::move(target);
  preparation.name = sotto::ServerName(options.server_name.empty() ? preparation.target.host : options.server_name);
  if (const auto checked = preparation.name.check(); !checked)
    return failure(checked.error(), options.server_name.empty() ? printable(options.target) : "--servername");
  const auto connect_timeout = parse_timeout(options.connect_timeout, "--connect-timeout");
  if (!connect_timeout) return std::unexpected(connect_timeout.error());
  const auto handshake_timeout = parse_timeout(options.handshake_timeout, "--handshake-timeout");
  if (!handshake_timeout) return std::unexpected(handshake_timeout.error());
  preparation.connect_timeout = *connect_timeout;
  preparation.handshake_timeout = *handshake_timeout;
  auto witness = make_witness(options);
  if (!witness) return std::unexpected(witness.error());
  preparation.witness = *std::move(witness);
  if (!options.resume.empty()) {
    auto session = SessionFile::open(options.resume);
    if (!session) return std::unexpected(session.error());
    preparation.session = *std::move(session);
  }
  if (!options.early_data.empty()) {
    auto data = read_file(options.early_data);
    if (!data) return std::unexpected(data.error());
    preparation.early_data = *std::move(data);
  }
  if (auto made = make_config(preparation, options); !made) return std::unexpected(made.error());
  return preparation;
}

ExitCode tell_handshake_failure(const ConnectOptions& options, const ConnectionFacts& facts) {
  const auto code = exit_code_for(*facts.error);
  if (options.json) fmt::print("{}\n", facts_as_json(facts, code));
  if (code != ExitCode::not_authenticated)
    return complain({code, fmt::format("the handshake with {} at {} failed: {}", printable(facts.server_name),
                                       facts.address, printable(facts.error->message()))});
  complain({code, fmt::format("the server at {} could not be authenticated as {}: {}", facts.address,
                              printable(facts.server_name), printable(facts.error->message()))});
  if (!facts.chain.empty()) {
    tell("It showed:\n");
    print_chain(facts.chain);
  }
  tell("{}\n", facts.early_data_was_sent
                   ? "What was sent early can be read only by the server that the session is from."
                   : "Nothing was sent to it.");
  return code;
}

/// Leads into TLS where a dialogue comes before it.
sotto::Result<void> talk_first(const ConnectOptions& options, const Preparation& preparation,
                               const Descriptor& socket) {
  if (!preparation.target.is_starttls()) return {};
  sotto::starttls::Client dialogue(*preparation.target.protocol,
                                   dialogue_name(preparation.target, preparation.name.text()));
  const auto show = options.quiet || options.json ? ShowDialogue::no : ShowDialogue::yes;
  if (show == ShowDialogue::yes)
    tell("{}\n", coloured(Colour::bold, fmt::format("Before TLS, {}:", dialogue.facts().name)));
  return lead_into_tls(socket, dialogue, preparation.handshake_timeout, show);
}

ExitCode tell_dialogue_failure(const ConnectOptions& options, const ConnectionFacts& facts) {
  const auto code = exit_code_for(*facts.error);
  if (options.json) fmt::print("{}\n", facts_as_json(facts, code));
  complain({code, fmt::format("{} at {} did not come to TLS: {}", printable(facts.server_name), facts.address,
                              printable(facts.error->message()))});
  tell("Nothing of yours was sent to it.\n");
  return code;
}

ExitCode tell_success(const ConnectOptions& options, const ConnectionFacts& facts) {
  if (options.json) fmt::print("{}\n", facts_as_json(facts, ExitCode::success));
  if (!options.json && !options.quiet) print_facts(facts);
  if (options.insecure) print_insecure_warning(facts);
  return ExitCode::success;
}

ExitCode save_session(const Preparation& preparation, ExitCode code) {
  if (!preparation.session) return code;
  if (const auto saved = preparation.session->save(); !saved) return complain(saved.error());
  return code;
}

/// Commands are for people: input from a file or a pipe is data to the last octet, unless it is said otherwise.
bool takes_commands(const ConnectOptions& options) {
  return options.commands || (!options.no_commands && ::isatty(STDIN_FILENO) == 1);
}

ExitCode run_connect(const ConnectOptions& options) {
  const auto preparation = prepare(options);
  if (!preparation) return complain(preparation.error());
  auto dialled = dial(preparation->target, preparation->connect_timeout);
  if (!dialled) return complain(dialled.error());

  ConnectionFacts facts;
  facts.target = preparation->target.text();
  facts.address = dialled->address;
  facts.server_name = preparation->name.text();
  facts.sessions_verified_again = options.verify_sessions_again;
  facts.resumption_tried = preparation->session && preparation->session->has_session_for(facts.server_name);
  if (preparation->target.is_starttls()) facts.starttls = sotto::starttls::facts(*preparation->target.protocol).name;
  if (const auto talked = talk_first(options, *preparation, dialled->socket); !talked) {
    facts.error = talked.error();
    return tell_dialogue_failure(options, facts);
  }
  Conversation conversation(std::move(dialled->socket), facts.target, preparation->token_keys);
  if (!options.early_data.empty()) conversation.say_first(preparation->early_data);
  facts.early_data_wanted = !options.early_data.empty();
  std::shared_ptr<Story> story;
  if (options.story) {
    story = std::make_shared<Story>(stderr);
    tell("{}\n", coloured(Colour::bold, fmt::format("The handshake with {}:", printable(facts.server_name))));
  }
  const auto done =
      conversation.shake_hands(preparation->config, preparation->name, story, preparation->handshake_timeout);
  facts.chain = preparation->witness->chain();
  facts.early_data_was_sent = conversation.early_data_was_sent();
  if (!done) {
    facts.error = done.error();
    return save_session(*preparation, tell_handshake_failure(options, facts));
  }
  facts.summary = conversation.summary();
  facts.refusal = preparation->witness->refusal();
  if (!facts.summary->resumed) facts.session_refusal = preparation->witness->earlier_refusal();
  tell_success(options, facts);
  if (options.json) {
    if (preparation->session) conversation.wait_for_session(std::chrono::milliseconds(500));
    conversation.close();
    return save_session(*preparation, ExitCode::success);
  }
  const auto joined =
      conversation.join(options.no_half_close ? Conversation::OnInputEnd::keep_open : Conversation::OnInputEnd::close,
                        takes_commands(options) ? std::optional<Keyboard>(Keyboard()) : std::nullopt);
  const auto saved = save_session(*preparation, ExitCode::success);
  return joined ? saved : complain(joined.error());
}

void add_connection_flags(CLI::App& command, ConnectOptions& options) {
  command.add_option("--servername", options.server_name, "Expect (and ask for) this name instead of TARGET's host")
      ->type_name("NAME");
  command.add_option("--roots", options.roots, "Trust the certificates in FILE instead of the system's")
      ->type_name("FILE");
  command
      .add_option(
          "--tlsa", options.tlsa,
          "Authenticate the server by this TLSA record, such as \"3 1 1 HEX\", instead of by roots (repeatable)")
      ->type_name("RECORD")
      ->allow_extra_args(false);
  add_tls_options(
      command, options,
      {"Show this certificate if asked (PEM; repeatable, with --key)",
       "Read the key's passphrase from FILE's first line", "Offer these application protocols, such as h2,http/1.1"});
  command
      .add_option("--groups", options.groups, "Offer only these key exchange groups; a key share goes with the first")
      ->type_name("LIST")
      ->allow_extra_args(false);
  command.add_option("--ciphersuites", options.cipher_suites, "Offer only these cipher suites")
      ->type_name("LIST")
      ->allow_extra_args(false);
  auto* const resume =
      command.add_option("--resume", options.resume, "Resume the session in FILE, if any, and keep the new one there")
          ->type_name("FILE");
  command
      .add_flag("--verify-sessions-again", options.verify_sessions_again,
                "Before a session is offered, verify its server again by the certificates of then")
      ->needs(resume);
  command
      .add_option("--early-data", options.early_data,
                  "Say what is in FILE first; with the first flight if the session allows it, so it may be REPLAYED")
      ->type_name("FILE")
      ->needs(resume);
  command.add_option("--connect-timeout", options.connect_timeout, "Give up on an address after this time")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--handshake-timeout", options.handshake_timeout, "Give up on the handshake after this time")
      ->type_name("TIME")
      ->capture_default_str();
}

void add_output_flags(CLI::App& command, ConnectOptions& options) {
  command.add_flag("--insecure", options.insecure, "Go on with a server that cannot be authenticated: DANGEROUS");
  command.add_flag("--json", options.json, "Print the facts as one JSON document and close");
  command.add_flag("--story", options.story, "Print the handshake as it happens");
  command.add_flag("-q,--quiet", options.quiet, "Do not print the facts");
  command.add_flag("--no-half-close", options.no_half_close,
                   "Send no close_notify when standard input ends; wait for the server to close");
  auto* const commands = command.add_flag("--commands", options.commands,
                                          "Take lines of one letter for commands: R renegotiates, K updates the keys");
  command.add_flag("--no-commands", options.no_commands, "Send such lines too, when typed on a terminal")
      ->excludes(commands);
}

}  // namespace

void add_connect_command(CLI::App& app, Command& chosen) {
  auto* const command = app.add_subcommand("connect", "Connect, verify, explain, and join standard input and output");
  const auto options = std::make_shared<ConnectOptions>();
  command
      ->add_option("TARGET", options->target, "tls://HOST:PORT, imaps://HOST, smtp+starttls://HOST, ... or HOST[:PORT]")
      ->required();
  add_connection_flags(*command, *options);
  add_output_flags(*command, *options);
  auto* const key_log = command->add_option("--keylog", options->key_log,
                                            "Write the connection's secrets to FILE (default: $SSLKEYLOGFILE)");
  key_log->type_name("FILE")->expected(0, 1);
  command->footer(
      "Everything about the connection goes to standard error; standard output holds only what the server sends\n"
      "(with --json: only the document). When standard input ends, close_notify is sent and the server may go on\n"
      "until it closes. A server that cannot be authenticated gets nothing, and the exit code is 6.\n\n"
      "Examples:\n"
      "  sotto connect example.com\n"
      "  sotto connect --story --roots ca.pem https://localhost:8443 < request.txt\n"
      "  sotto connect --json imaps://mail.example\n"
      "  sotto connect smtp+starttls://mail.example:587\n"
      "  sotto connect --resume session.bin --groups secp256r1 example.com:443\n");
  command->callback([=, &chosen] {
    if (const auto empty = find_empty_value(*command)) {
      chosen = [empty] { return complain({ExitCode::usage, *empty}); };
      return;
    }
    options->use_key_log = key_log->count() > 0;
    chosen = [options] { return run_connect(*options); };
  });
}

}  // namespace program
