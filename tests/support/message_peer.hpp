/// \file
/// Handshakes joined message by message, without records, so that tests can drop, repeat, swap and replace messages.
#pragma once

#include <optional>
#include <vector>

#include "connection/resolver.hpp"
#include "handshake/handshake.hpp"
#include "support/pair.hpp"

namespace sotto::test {

/// Collects what a handshake sends; keys are of no interest here. In TLS 1.2, change_cipher_spec is an empty message.
class Collector final : public handshake::Outside {
 public:
  std::vector<Bytes> messages;
  Result<void> send_handshake(View message) override {
    messages.push_back(own(message));
    return {};
  }
  Result<void> send_change_cipher_spec() override {
    messages.emplace_back();
    return {};
  }
  Result<void> send_compatibility_change_cipher_spec() override { return {}; }
  Result<void> install_sending_keys(handshake::Epoch, keys::TrafficSecret) override { return {}; }
  Result<void> install_sending_keys(keys::DirectionKeys) override { return {}; }
  Result<void> install_receiving_keys(keys::DirectionKeys) override { return {}; }
  void limit_records(const handshake::RecordLimits&) override {}
  void skip_early_data() override {}
  void stop_skipping_early_data() override {}
  [[nodiscard]] keys::TrafficSecret sending_secret() const override { return {}; }
  [[nodiscard]] keys::TrafficSecret receiving_secret() const override { return {}; }
  void remove_sending_keys() override {}
  void begin_early_data(std::size_t, keys::Exporter13) override {}
  void answer_early_data(EarlyDataStatus) override {}
  Result<void> install_receiving_keys(handshake::Epoch, keys::TrafficSecret) override { return {}; }
};

/// One side: a handshake with its questions answered from the configuration.
template <class Config>
struct MessageEnd {
  template <class... Arguments>
  explicit MessageEnd(std::shared_ptr<const Config> used, Arguments&&... arguments)
      : config(used), shake(collector, used, std::forward<Arguments>(arguments)...) {}

  /// Takes one message, and whatever can be done with it.
  void take(View message) {
    if (error) return;
    if (!message.empty()) {
      shake.feed(message);
    } else if (auto taken = shake.take_change_cipher_spec(); !taken) {
      error = taken.error();
      return;
    }
    run();
  }
  void run() {
    for (;;) {
      auto ran = shake.run();
      if (ran && shake.has_question()) {
        ran = shake.answer(*resolve(config->impl(), shake.question()));
        if (ran) continue;
      }
      if (!ran) error = ran.error();
      return;
    }
  }
  std::vector<Bytes> sent() { return std::exchange(collector.messages, {}); }

  Collector collector;
  std::shared_ptr<const Config> config;
  handshake::Handshake shake;
  std::optional<Error> error;
};
using MessageClient = MessageEnd<ClientConfig>;
using MessageServer = MessageEnd<ServerConfig>;

}  // namespace sotto::test
