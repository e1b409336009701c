// What the command line of the small peers asks for; it is the same for all of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stack {

struct Options {
  bool server = false;            // --role client | server
  unsigned port = 0;              // --port N, of the server that a client connects to
  unsigned connections = 2;       // --connections N, one after the other
  std::string name;               // --name, what a client wants the server to prove
  std::string roots;              // --roots FILE, PEM
  std::string certificates;       // --cert FILE, PEM chain
  std::string key;                // --key FILE, PEM
  bool demand = false;            // --demand, a server wants a client certificate
  std::string version;            // --version 1.2 | 1.3
  std::uint16_t suite = 0;        // --suite HEX, the only one
  std::string group;              // --group NAME as the RFCs have it, the only one
  std::vector<std::string> alpn;  // --alpn NAME,...
  unsigned fragment = 0;          // --fragment OCTETS, a client asks for by max_fragment_length
  bool tickets = true;            // --no-tickets
  bool renegotiate = false;       // --renegotiate, right after the handshake
  bool update = false;            // --update, sends a KeyUpdate right after the handshake
  std::string sent;               // --send FILE, what a client says instead of a line
  std::string received;           // --received FILE, what a client heard
};

// Throws std::runtime_error with words about the mistake.
Options parse_options(int argc, char** argv);

}  // namespace stack
