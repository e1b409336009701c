// Sessions whose server is judged again before they are offered.
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::system_clock;

/// Accepts what the default verifier does, until it is told to refuse; keeps what it was asked.
class Moody final : public Verifier {
 public:
  mutable std::vector<VerifyRequest> asked;
  bool refuses = false;

 private:
  [[nodiscard]] Result<Judgement> judge(const VerifyRequest& request) const override {
    asked.push_back(request);
    if (refuses) return fail(Code::certificate_revoked);
    const auto proof = usual_->verify(request);
    if (!proof) return std::unexpected(proof.error());
    return Judgement{proof->path(), proof->how()};
  }
  std::shared_ptr<const Verifier> usual_ = make_verifier(roots());
};

class SessionsVerifiedAgain : public testing::TestWithParam<ProtocolVersion> {
 protected:
  [[nodiscard]] ClientConfig::Builder builder() const {
    auto policy = Policy::modern();
    policy.versions = {GetParam()};
    policy.request_ocsp_response = true;
    auto made = client_builder();
    made.policy(policy).verifier(verifier).session_store(store).clock([this] { return now; });
    return made;
  }
  /// Connects once; returns whether a session was resumed.
  bool resumes(const std::shared_ptr<const ClientConfig>& client) const {
    Pair pair(client, server);
    pair.run();
    EXPECT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "");
    return pair.client.connection.summary().resumed;
  }

  std::shared_ptr<Moody> verifier = std::make_shared<Moody>();
  std::shared_ptr<SessionStore> store = make_memory_session_store();
  system_clock::time_point now = system_clock::now();
  std::shared_ptr<const ServerConfig> server =
      ServerConfig::builder().credential(credential().with_ocsp_response(own_public(Bytes{1, 2, 3}))).build().value();
};

TEST_P(SessionsVerifiedAgain, are_resumed_while_the_server_is_accepted) {
  auto made = builder();
  made.verify_sessions_again();
  const auto client = made.build().value();
  EXPECT_FALSE(resumes(client));
  now += hours(1);
  EXPECT_TRUE(resumes(client));
  EXPECT_TRUE(resumes(client));  // the session of a session has what the first had
  ASSERT_EQ(verifier->asked.size(), 3U);
  for (const auto& request : {verifier->asked[1], verifier->asked[2]}) {
    EXPECT_EQ(request.chain, credential().chain());
    EXPECT_EQ(request.name, ServerName("localhost"));
    EXPECT_EQ(request.purpose, Purpose::server_authentication);
    EXPECT_EQ(request.time, now);
    EXPECT_EQ(request.ocsp_response, own_public(Bytes{1, 2, 3}));
  }
}

TEST_P(SessionsVerifiedAgain, are_not_offered_where_the_server_is_no_longer_accepted) {
  auto made = builder();
  made.verify_sessions_again();
  const auto client = made.build().value();
  EXPECT_FALSE(resumes(client));
  verifier->refuses = true;
  Pair refused(client, server);
  refused.run();
  ASSERT_TRUE(refused.client.error);
  EXPECT_EQ(refused.client.error->code, Code::certificate_revoked);
  EXPECT_EQ(verifier->asked.size(), 3U);  // the session's, and that of the full handshake that followed
}

TEST_P(SessionsVerifiedAgain, give_way_to_a_full_handshake_with_a_server_that_has_a_new_certificate) {
  auto made = builder();
  made.verify_sessions_again();
  const auto client = made.build().value();
  EXPECT_FALSE(resumes(client));
  /// Finds the session's certificate expired, and the one that it is shown good.
  struct Renewed final : Verifier {
    mutable int asked = 0;
    [[nodiscard]] Result<Judgement> judge(const VerifyRequest& request) const override {
      if (asked++ == 0) return fail(Code::certificate_expired);
      return Judgement{request.chain, "by a test"};
    }
  };
  const auto judge = std::make_shared<Renewed>();
  auto later = builder();
  later.verifier(judge).verify_sessions_again();
  EXPECT_FALSE(resumes(later.build().value()));
  EXPECT_EQ(judge->asked, 2);
}

TEST_P(SessionsVerifiedAgain, keep_what_they_are_judged_by_in_their_stored_form) {
  auto made = builder();
  made.verify_sessions_again();
  const auto client = made.build().value();
  EXPECT_FALSE(resumes(client));
  store->put("localhost", Session::parse(store->take("localhost")->serialize()).value());
  EXPECT_TRUE(resumes(client));
  EXPECT_EQ(verifier->asked.back().chain, credential().chain());
  EXPECT_EQ(verifier->asked.back().ocsp_response, own_public(Bytes{1, 2, 3}));
}

TEST_P(SessionsVerifiedAgain, are_not_those_that_began_without_a_wish_for_it) {
  EXPECT_FALSE(resumes(builder().build().value()));
  auto made = builder();
  made.verify_sessions_again();
  EXPECT_FALSE(resumes(made.build().value()));
}

TEST_P(SessionsVerifiedAgain, are_otherwise_resumed_on_the_word_of_the_first_time) {
  const auto client = builder().build().value();
  EXPECT_FALSE(resumes(client));
  verifier->refuses = true;
  EXPECT_TRUE(resumes(client));
  EXPECT_EQ(verifier->asked.size(), 1U);
}

TEST_P(SessionsVerifiedAgain, ask_who_answers_late_before_anything_is_sent) {
  auto made = builder();
  made.verify_sessions_again().ask(Ask::verification);
  const auto client = made.build().value();
  const auto finish = [&](Pair& pair) {
    pair.run();
    while (!pair.client.questions.empty()) {
      const auto question = pair.client.questions.front();
      pair.client.questions.clear();
      auto proof = verifier->verify(std::get<VerifyQuestion>(question.what).request);
      ASSERT_TRUE(pair.client.connection.answer(question.id, std::move(proof.value()), pair.client.out));
      pair.run();
    }
    EXPECT_TRUE(pair.established());
  };
  Pair first(client, server);
  finish(first);
  Pair second(client, server);
  EXPECT_TRUE(second.client.out.empty());
  finish(second);
  EXPECT_TRUE(second.client.connection.summary().resumed);
  // A refusal drops the session.
  Pair third(client, server);
  third.client.run();
  ASSERT_EQ(third.client.questions.size(), 1U);
  Error refusal;
  refusal.code = Code::certificate_revoked;
  ASSERT_TRUE(third.client.connection.answer(third.client.questions.front().id, refusal, third.client.out));
  third.client.questions.clear();
  finish(third);
  EXPECT_FALSE(third.client.connection.summary().resumed);
}

INSTANTIATE_TEST_SUITE_P(Each, SessionsVerifiedAgain, testing::Values(ProtocolVersion::tls13, ProtocolVersion::tls12),
                         [](const auto& each) {
                           return each.param == ProtocolVersion::tls13 ? std::string("tls13") : std::string("tls12");
                         });

}  // namespace
}  // namespace sotto
