// What the command line of sotto_peer asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sotto/error.hpp>
#include <sotto/policy.hpp>
#include <sotto/server.hpp>

namespace peer {

enum class Role : std::uint8_t { client, server };

// One thing to do once the handshake is done, written NAME or NAME:ARGUMENT.
struct Action {
  enum class Kind : std::uint8_t {
    say,           // say:TEXT      sends the text and a newline
    send,          // send:FILE     sends the file's contents
    receive,       // receive:N     waits until N octets have come in all
    ticket,        // ticket:N      waits until N sessions are stored
    update,        // update:ours | update:both
    updates,       // updates:N     waits until the peer has updated its keys N times in all
    renegotiate,   // renegotiate           starts a renegotiation
    ask,           // ask:required | ask:optional   asks the client for its certificate
    renegotiated,  // renegotiated:N        waits until there were N renegotiations or later authentications in all
    echo,          // echo          sends back what comes until the peer closes
    close,         // close         sends close_notify
    drain,         // drain         reads until the peer says close_notify
    cut,           // cut           drops the transport without close_notify
  };
  Kind kind = Kind::drain;
  std::string argument;
  std::string text;  // as it was written
};

struct Options {
  Role role = Role::client;
  std::string host = "127.0.0.1";
  std::string port = "0";
  std::string server_name;
  std::string roots;
  std::vector<std::pair<std::string, std::string>> credentials;  // certificate file, key file
  sotto::ClientAuth client_auth = sotto::ClientAuth::none;
  std::vector<std::string> alpn;
  sotto::Policy policy = sotto::Policy::modern();
  std::string key_log;
  std::string ocsp_response;
  std::string export_label;
  std::size_t export_length = 32;
  std::string received_file;
  unsigned connections = 1;
  bool late_answers = false;
  bool later_authentication = false;
  bool early_data = false;
  std::string early_text;
  std::string psk;  // KIND:HASH:IDENTITY:KEY[:CONTEXT], the key in hexadecimal
  std::chrono::milliseconds timeout{15000};
  std::vector<Action> actions;
};

// Reads the command line; prints help or the mistake and ends the program where there is nothing to run.
Options parse_options(int argc, char** argv);

}  // namespace peer
