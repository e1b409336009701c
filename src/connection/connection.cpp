#include <sotto/connection.hpp>

#include "base/contain.hpp"
#include "connection/connection_impl.hpp"

namespace sotto {

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::client(std::shared_ptr<const ClientConfig> config, const ServerName& name, Buffer& out,
                                      ConnectionOptions options) {
  return contain([&]() -> Result<Connection> {
    if (!config) return fail(Code::invalid_configuration, "the client has no configuration");
    if (auto checked = name.check(); !checked) return std::unexpected(checked.error());
    Connection connection(std::make_unique<Impl>(std::move(config), name, options));
    if (auto started = connection.impl_->start(out); !started) return std::unexpected(started.error());
    return connection;
  });
}

Result<Connection> Connection::server(std::shared_ptr<const ServerConfig> config, ConnectionOptions options) {
  return contain([&]() -> Result<Connection> {
    if (!config) return fail(Code::invalid_configuration, "the server has no configuration");
    Connection connection(std::make_unique<Impl>(std::move(config), options));
    Buffer nothing;  // a server speaks second
    if (auto started = connection.impl_->start(nothing); !started) return std::unexpected(started.error());
    return connection;
  });
}

Result<Step> Connection::receive(std::span<std::byte> in, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->receive(as_view(in), out); });
}
Result<void> Connection::end_of_input() {
  return impl_->contained(nullptr, [&] { return impl_->end_of_input(); });
}
Result<void> Connection::answer(QuestionId id, Answer answer, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->answer(id, std::move(answer), out); });
}
Result<void> Connection::write(std::span<const std::byte> data, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->write(as_view(data), out); });
}
std::size_t Connection::early_data_limit() const { return impl_->early_data_limit(); }
Result<void> Connection::write_early(ReplayableData data, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->write_early(as_view(data.bytes()), out); });
}
Result<void> Connection::export_early_keying_material(std::string_view label, std::span<const std::byte> context,
                                                      std::span<std::byte> out) const {
  return contain([&] { return impl_->export_early_keying_material(label, as_view(context), as_view(out)); });
}
Result<void> Connection::close(Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->close(out); });
}
Result<void> Connection::abort(Alert alert, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->abort(alert, out); });
}

Result<void> Connection::update_keys(UpdateKeys which, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->update_keys(which, out); });
}

Result<void> Connection::renegotiate(Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->renegotiate(out); });
}
Result<void> Connection::request_client_certificate(ClientAuth mode, Buffer& out) {
  return impl_->contained(&out, [&] { return impl_->request_client_certificate(mode, out); });
}

bool Connection::is_established() const { return impl_->established && !impl_->error; }
bool Connection::is_renegotiating() const { return impl_->is_renegotiating(); }
bool Connection::peer_has_closed() const { return impl_->receiving.peer_has_closed(); }

const Summary& Connection::summary() const {
  static const Summary forgotten;
  return impl_->summary ? *impl_->summary : forgotten;
}
void Connection::forget_summary() {
  if (impl_->established) impl_->summary.reset();
}

Result<void> Connection::export_keying_material(std::string_view label,
                                                std::optional<std::span<const std::byte>> context,
                                                std::span<std::byte> out) const {
  const auto view = context ? std::optional(as_view(*context)) : std::nullopt;
  return contain([&] { return impl_->export_keying_material(label, view, as_view(out)); });
}

Result<std::vector<std::byte>> Connection::channel_binding(ChannelBinding type) const {
  return contain([&]() -> Result<std::vector<std::byte>> {
    if (!is_established()) return fail(Code::wrong_state, "a channel binding is there once the handshake is done");
    return impl_->channel_binding(type);
  });
}

}  // namespace sotto
