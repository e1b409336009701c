#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>

#include "report.hpp"
#include "require.hpp"
#include "scenarios.hpp"

namespace sotto::bench {
namespace {

struct Options {
  int rounds = 9;
  int slice_ms = 150;
  std::vector<std::string> stacks;
  std::vector<std::string> only;
  std::string json;
  std::string markdown;
  bool list = false;
};

// A measurement by its short name, made only if it is wanted.
struct Choice {
  std::string name;
  std::function<std::unique_ptr<Scenario>(Implementations)> make;
};

std::vector<Choice> all_choices() {
  std::vector<Choice> all;
  const auto handshake = [&](const char* name, const std::string& title, const Setup& setup) {
    all.push_back({name, [title, setup](Implementations which) { return handshake_scenario(title, setup, which); }});
  };
  handshake("full", "full handshake, ECDSA P-256", {});
  handshake("full-rsa", "full handshake, RSA 2048", {.key = KeyKind::rsa_2048});
  handshake("mutual", "mutual handshake, ECDSA P-256", {.mutual = true});
  handshake("resumed", "resumed handshake", {.resume = true});
  const auto bulk = [&](const std::string& name, const std::string& title, CipherSuite suite) {
    all.push_back({name + "-16k", [=](Implementations which) {
                     return bulk_scenario("16 KiB records, " + title, suite, 16384, which);
                   }});
    all.push_back({name + "-64",
                   [=](Implementations which) { return bulk_scenario("64 B records, " + title, suite, 64, which); }});
  };
  bulk("aes128", "AES-128-GCM", CipherSuite::TLS_AES_128_GCM_SHA256);
  bulk("aes256", "AES-256-GCM", CipherSuite::TLS_AES_256_GCM_SHA384);
  bulk("chacha", "ChaCha20-Poly1305", CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
  all.push_back({"threads", thread_scenario});
  all.push_back({"heap", heap_scenario});
  return all;
}

Results measure(const Options& options, Implementations which) {
  std::vector<std::unique_ptr<Scenario>> scenarios;
  for (const auto& choice : all_choices())
    if (options.only.empty() || std::ranges::find(options.only, choice.name) != options.only.end())
      scenarios.push_back(choice.make(which));
  require(!scenarios.empty(), "nothing to measure; --list names what there is");
  Results results;
  for (int round = 0; round < options.rounds; ++round) {
    std::fprintf(stderr, "\rround %d of %d", round + 1, options.rounds);
    for (const auto& scenario : scenarios) scenario->run(results, std::chrono::milliseconds(options.slice_ms), round);
  }
  std::fputs("\n", stderr);
  return results;
}

void print_list() {
  for (const auto& choice : all_choices()) std::printf("%s\n", choice.name.c_str());
}

void run(const Options& options) {
  if (options.list) return print_list();
  std::vector<const Implementation*> which;
  for (const auto& implementation : implementations())
    if (options.stacks.empty() || std::ranges::find(options.stacks, implementation.name) != options.stacks.end())
      which.push_back(&implementation);
  require(!which.empty(), "no such implementation");
  const auto results = measure(options, which);
  const auto how = circumstances(which, options.rounds, std::chrono::milliseconds(options.slice_ms));
  std::fputs(text_report(results, how).c_str(), stdout);
  if (!options.json.empty()) std::ofstream(options.json) << json_report(results, how);
  if (!options.markdown.empty()) replace_figures(options.markdown, markdown_report(results, how));
}

}  // namespace
}  // namespace sotto::bench

int main(int argc, char** argv) {
  sotto::bench::Options options;
  CLI::App app("Measures sotto beside other TLS implementations, over memory, in interleaved rounds.");
  app.add_option("--rounds", options.rounds, "How often everything is measured")->check(CLI::PositiveNumber);
  app.add_option("--slice", options.slice_ms, "Milliseconds for one implementation in one round")
      ->check(CLI::PositiveNumber);
  app.add_option("--stacks", options.stacks, "Only these of sotto, OpenSSL, GnuTLS")->delimiter(',');
  app.add_option("--only", options.only, "Only these measurements (--list)")->delimiter(',');
  app.add_option("--json", options.json, "Writes the results to FILE")->option_text("FILE");
  app.add_option("--markdown", options.markdown, "Renews the figures in FILE, such as docs/performance.md")
      ->option_text("FILE");
  app.add_flag("--list", options.list, "Lists the measurements");
  CLI11_PARSE(app, argc, argv);
  try {
    sotto::bench::run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "\nsotto_bench: %s\n", error.what());
    return 1;
  }
}
