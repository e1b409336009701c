/// \file
/// Configurations for the tests of the adapters: a local authority, a server for "localhost", a client that trusts it.
#pragma once

#include <memory>

#include <sotto/client.hpp>
#include <sotto/credential.hpp>
#include <sotto/server.hpp>

namespace sotto::test {

/// Returns what the server shows: a certificate for "localhost" and 127.0.0.1.
const Credential& credential();
/// Returns a builder of servers with that credential.
ServerConfig::Builder server_builder();
/// Returns a builder of clients that trust its authority.
ClientConfig::Builder client_builder();
/// Builds them as they are.
std::shared_ptr<const ServerConfig> server_config();
std::shared_ptr<const ClientConfig> client_config();

}  // namespace sotto::test
