// What becomes of a listener that goes while it rests.
#include "proxy/listener.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <new>
#include <thread>

#include "net/dial.hpp"

namespace program {
namespace {

using namespace std::chrono_literals;

// A reload or SIGTERM may come together with the end of a rest: both are ready, and the first takes the listener away.
TEST(Listener, may_go_when_its_rest_is_over_but_not_yet_told) {
  const auto from = parse_endpoint("tcp://127.0.0.1:0", EndpointRole::listener);
  ASSERT_TRUE(from);
  auto sockets = listen_on(*from);
  ASSERT_TRUE(sockets);
  const auto port = sockets->front().address().text();
  asio::io_context context;
  Log log(LogFormat::text, LogLevel::error);
  const auto service = std::make_shared<Service>();
  bool rests = false;
  auto listener = std::make_unique<Listener>(context, log, *std::move(sockets), service,
                                             [&](Descriptor, const Address&, const std::shared_ptr<const Service>&) {
                                               rests = true;
                                               throw std::bad_alloc();
                                             });
  listener->resume();
  const auto client = dial(*parse_endpoint("tcp://" + port, EndpointRole::peer), 5s);
  ASSERT_TRUE(client);
  while (!rests) context.run_one();
  asio::steady_timer reload(context, 1ms);
  reload.async_wait([&](const std::error_code&) { listener.reset(); });
  std::this_thread::sleep_for(200ms);  // longer than the rest: both timers have run out
  context.run();
  EXPECT_FALSE(listener);
}

}  // namespace
}  // namespace program
