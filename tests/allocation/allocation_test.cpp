// Memory runs out at one place after the other of whole conversations. What comes of it is an error of ours, or a
// conversation that is right in all that matters; never a crash, an exception, a leak or a wait without end.
#include <gtest/gtest.h>

#include <set>

#include "allocation/scenarios.hpp"
#include "allocation/shortage.hpp"

namespace sotto::allocation {

void PrintTo(const NamedScenario& each, std::ostream* out) { *out << each.name; }

namespace {

struct Fault {
  Heap heap;
  Failing failing;
};

/// libcrypto does not always say that memory ran out. What it could not look at then counts as bad, never as good: a
/// certificate, a signature, or the pre-master secret, whose faults nobody may see (they become a wrong Finished).
bool may_hide(Heap heap, Code code) {
  static const std::set hidden = {Code::certificate_malformed, Code::certificate_too_weak, Code::certificate_untrusted,
                                  Code::certificate_refused,   Code::bad_signature,        Code::bad_record_mac};
  return heap == Heap::libcrypto && hidden.contains(code);
}

/// Says what is wrong about how `conversation` ended, or nothing.
std::string complaint_about(const Conversation& conversation, Heap heap) {
  if (!conversation.failed()) return conversation.is_complete() ? "" : "no error, and not all that should have been";
  const auto& first = *conversation.first_error;
  const bool ours = first.code == Code::internal_error || first.code == Code::crypto_failed;
  if (!ours && !may_hide(heap, first.code)) return "memory is not to blame: " + first.message();
  const bool both_know = conversation.client.error && conversation.server.error;
  const bool both_there = conversation.client.connection && conversation.server.connection;
  return both_know || !both_there ? "" : "one end waits for ever";
}

class EveryAllocation : public testing::TestWithParam<NamedScenario> {};

/// Fails every `stride`-th allocation in turn, until a conversation needs no more than those before.
std::size_t fail_each(const Scenario& scenario, const Fault& fault, std::size_t stride) {
  std::size_t failures = 0;
  for (std::size_t number = 1;; number += stride) {
    const Shortage shortage(fault.heap, fault.failing, number);
    const Conversation conversation(scenario);
    if (!Shortage::came()) return failures;
    ++failures;
    const auto complaint = complaint_about(conversation, fault.heap);
    EXPECT_EQ(complaint, "") << "allocation " << number;
    if (testing::Test::HasFailure()) return failures;
  }
}

void expect_clean(const Scenario& scenario) {
  const Conversation conversation(scenario);
  ASSERT_TRUE(conversation.is_complete());
  ASSERT_TRUE(scenario.is_meant(conversation.client, conversation.server));
}

/// libcrypto 3.0 can leave the blinding of an RSA key in disorder when memory runs out while it is renewed: what the
/// key makes is then wrong (and never sent: we verify it), until it is made anew, at the 32nd use at the latest.
void expect_recovery(const Scenario& scenario) {
  for (int attempt = 0; attempt < 33; ++attempt)
    if (Conversation(scenario).is_complete()) return expect_clean(scenario);
  FAIL() << "nothing works any more";
}

TEST_P(EveryAllocation, may_fail_in_cpp) {
  const auto used = GetParam().make();
  expect_clean(used);
  const auto before = blocks_in_use();
  for (const auto failing : {Failing::once, Failing::from_then_on}) {
    const auto failures = fail_each(used, {Heap::cpp, failing}, 1);
    EXPECT_GT(failures, 100u);
    RecordProperty("failures", failures);
  }
  expect_clean(used);
  EXPECT_LT(blocks_in_use(), before + 20);
}

TEST_P(EveryAllocation, may_fail_in_libcrypto) {
  const auto used = GetParam().make();
  expect_clean(used);
  const auto before = blocks_in_use();
  for (const auto failing : {Failing::once, Failing::from_then_on}) {
    const auto failures = fail_each(used, {Heap::libcrypto, failing}, 7);
    EXPECT_GT(failures, 10u);
    RecordProperty("failures", failures);
  }
  expect_recovery(used);
  EXPECT_LT(blocks_in_use(), before + 20);
}

INSTANTIATE_TEST_SUITE_P(Conversations, EveryAllocation, testing::ValuesIn(scenarios()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sotto::allocation
