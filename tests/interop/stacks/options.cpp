#include "options.hpp"

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace stack {
namespace {

std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> parts;
  std::istringstream stream(words);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  options.name = "server.test";
  options.version = "1.2";
  const std::map<std::string, std::function<void()>> flags{
      {"--demand", [&] { options.demand = true; }},
      {"--no-tickets", [&] { options.tickets = false; }},
      {"--renegotiate", [&] { options.renegotiate = true; }},
      {"--update", [&] { options.update = true; }},
  };
  using Word = const std::string&;
  const auto number = [](Word word, int base) { return static_cast<unsigned>(std::stoul(word, nullptr, base)); };
  const std::map<std::string, std::function<void(Word)>> values{
      {"--role", [&](Word word) { options.server = word == "server"; }},
      {"--port", [&](Word word) { options.port = number(word, 10); }},
      {"--connections", [&](Word word) { options.connections = number(word, 10); }},
      {"--name", [&](Word word) { options.name = word; }},
      {"--roots", [&](Word word) { options.roots = word; }},
      {"--cert", [&](Word word) { options.certificates = word; }},
      {"--key", [&](Word word) { options.key = word; }},
      {"--version", [&](Word word) { options.version = word; }},
      {"--suite", [&](Word word) { options.suite = static_cast<std::uint16_t>(number(word, 16)); }},
      {"--group", [&](Word word) { options.group = word; }},
      {"--alpn", [&](Word word) { options.alpn = split(word); }},
      {"--fragment", [&](Word word) { options.fragment = number(word, 10); }},
      {"--send", [&](Word word) { options.sent = word; }},
      {"--received", [&](Word word) { options.received = word; }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (const auto flag = flags.find(name); flag != flags.end()) {
      flag->second();
      continue;
    }
    const auto value = values.find(name);
    if (value == values.end() || i + 1 == argc) throw std::runtime_error("what is " + name + "?");
    value->second(argv[++i]);
  }
  return options;
}

}  // namespace stack
