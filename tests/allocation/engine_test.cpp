// The same for the engine of the adapters, which throws nothing either.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include <sotto/adapter/engine.hpp>

#include "allocation/shortage.hpp"
#include "support/pair.hpp"

namespace sotto::allocation {
namespace {

using adapter::Engine;
using adapter::Next;

/// Two engines and what they told, until both have said close_notify or one has failed.
class Meeting {
 public:
  Meeting(const std::shared_ptr<const ClientConfig>& client_config,
          const std::shared_ptr<const ServerConfig>& server_config)
      : client_(inside([&] { return Engine(client_config, name_, {}); })),
        server_(inside([&] { return Engine(server_config, {}); })) {
    both([](Engine& engine) { return engine.handshake(); });
    (void)inside([&] { return client_.write(as_bytes("question")); });
    (void)inside([&] { return server_.write(as_bytes("answer")); });
    both([this](Engine& engine) { return read(engine); });
    (void)inside([&] { return client_.close(); });
    both([](Engine& engine) { return engine.shutdown(); });
  }
  [[nodiscard]] bool is_complete() const {
    return !client_.error() && !server_.error() && client_heard_ == "answer" && server_heard_ == "question";
  }
  /// Returns what there was to complain of beside memory, and its consequences for the other side.
  [[nodiscard]] std::string other_complaint() const {
    for (const auto* engine : {&client_, &server_}) {
      const auto* error = engine->error();
      const bool told = error != nullptr && error->code == Code::peer_alert && error->alert == Alert::internal_error;
      if (error != nullptr && !told && error->code != Code::internal_error && error->code != Code::truncated)
        return error->message();
    }
    return {};
  }

 private:
  template <class Step>
  void both(const Step& step) {
    for (;;) {
      const auto client_next = inside([&] { return step(client_).next; });
      const auto server_next = inside([&] { return step(server_).next; });
      const bool moved = carry(client_, server_);
      if (carry(server_, client_) || moved) continue;
      // Whoever fails silently takes its transport with it.
      if (client_next == Next::failed) inside([&] { server_.input_ended(); });
      if (server_next == Next::failed) inside([&] { client_.input_ended(); });
      return;
    }
  }
  adapter::Progress read(Engine& engine) {
    std::array<std::byte, 100> buffer;
    const auto progress = engine.read(buffer);
    auto& heard = &engine == &client_ ? client_heard_ : server_heard_;
    heard.append(reinterpret_cast<const char*>(buffer.data()), progress.count);
    return progress;
  }
  static bool carry(Engine& from, Engine& to) {
    if (!from.has_output()) return false;
    const auto bytes = inside([&] { return from.begin_write(); });
    const auto room = to.is_broken() ? std::span<std::byte>() : inside([&] { return to.begin_read(); });
    const auto count = std::min(bytes.size(), room.size());
    std::copy_n(bytes.begin(), count, room.begin());
    if (!room.empty()) inside([&] { to.end_read(count); });
    inside([&] { from.end_write(room.empty() ? bytes.size() : count); });
    return true;
  }

  ServerName name_{"localhost"};
  Engine client_;
  Engine server_;
  std::string client_heard_;
  std::string server_heard_;
};

TEST(EngineWithoutMemory, ends_with_an_error_and_throws_nothing) {
  const auto client_config = test::client_builder().build().value();
  const auto server_config = test::server_builder().build().value();
  ASSERT_TRUE(Meeting(client_config, server_config).is_complete());
  for (const auto failing : {Failing::once, Failing::from_then_on}) {
    for (std::size_t number = 1;; ++number) {
      const Shortage shortage(Heap::cpp, failing, number);
      const Meeting meeting(client_config, server_config);
      if (!Shortage::came()) {
        EXPECT_GT(number, 100u);
        EXPECT_TRUE(meeting.is_complete());
        break;
      }
      ASSERT_EQ(meeting.other_complaint(), "") << number;
    }
  }
}

}  // namespace
}  // namespace sotto::allocation
