// Decisions of a handshake that come late, from elsewhere.
#include <gtest/gtest.h>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

/// Answers as the default resolver would, from outside.
Answer answer_from_outside(const Question& question, const Verifier& verifier) {
  if (const auto* verify = std::get_if<VerifyQuestion>(&question.what)) {
    auto proof = verifier.verify(verify->request);
    return proof ? Answer(*proof) : Answer(proof.error());
  }
  if (const auto* sign = std::get_if<SignQuestion>(&question.what))
    return Signature{sign->credential.sign(sign->scheme, sign->message).value()};
  if (std::holds_alternative<ChooseClientCredentialQuestion>(question.what)) return client_credential();
  return credential();
}

struct AskingPair {
  AskingPair()
      : client_config(client_builder().ask(Ask::everything).build().value()),
        server_config(server_builder()
                          .ask(Ask::everything)
                          .request_client_certificate(ClientAuth::required, roots())
                          .build()
                          .value()),
        pair(client_config, server_config),
        verifier(make_verifier(roots())) {}

  /// Answers every open question; returns how many there were.
  int answer_all() {
    int answered = 0;
    for (auto* end : {&pair.client, &pair.server}) {
      for (const auto& question : std::exchange(end->questions, {})) {
        EXPECT_TRUE(end->connection.answer(question.id, answer_from_outside(question, *verifier), end->out));
        ++answered;
      }
    }
    return answered;
  }
  std::shared_ptr<const ClientConfig> client_config;
  std::shared_ptr<const ServerConfig> server_config;
  Pair pair;
  std::shared_ptr<const Verifier> verifier;
};

TEST(Questions, can_all_be_answered_late) {
  AskingPair asking;
  int answered = 0;
  for (int round = 0; round < 10 && !asking.pair.established(); ++round) {
    asking.pair.run();
    answered += asking.answer_all();
  }
  asking.pair.run();
  EXPECT_TRUE(asking.pair.established());
  // Server: credential, signature, verification; client: verification, credential, signature.
  EXPECT_EQ(answered, 6);
}

TEST(Questions, keep_the_input_untouched_until_they_are_answered) {
  AskingPair asking;
  asking.pair.run();
  ASSERT_EQ(asking.pair.server.questions.size(), 1u);
  asking.pair.server.in.append(as_bytes("more"));
  const auto step = asking.pair.server.connection.receive(asking.pair.server.in.readable(), asking.pair.server.out);
  ASSERT_TRUE(step);
  EXPECT_TRUE(std::holds_alternative<AwaitingAnswer>(step->event));
  EXPECT_EQ(step->consumed, 0u);
}

TEST(Questions, refuse_an_answer_to_another_number) {
  AskingPair asking;
  asking.pair.run();
  auto& server = asking.pair.server;
  const auto wrong = static_cast<QuestionId>(static_cast<std::uint64_t>(server.questions.front().id) + 1);
  const auto refused = server.connection.answer(wrong, credential(), server.out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::no_such_question);
  EXPECT_TRUE(server.connection.answer(server.questions.front().id, credential(), server.out));
}

TEST(Questions, stay_open_after_an_answer_of_the_wrong_kind) {
  AskingPair asking;
  asking.pair.run();
  auto& server = asking.pair.server;
  const auto id = server.questions.front().id;
  const auto refused = server.connection.answer(id, Signature{}, server.out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::wrong_answer);
  EXPECT_TRUE(server.connection.answer(id, credential(), server.out));
}

TEST(Questions, do_not_take_the_proof_of_another_certificate) {
  AskingPair asking;
  auto& client = asking.pair.client;
  while (client.questions.empty()) {
    asking.pair.run();
    for (const auto& question : std::exchange(asking.pair.server.questions, {}))
      ASSERT_TRUE(asking.pair.server.connection.answer(question.id, answer_from_outside(question, *asking.verifier),
                                                       asking.pair.server.out));
  }
  const auto id = client.questions.front().id;
  VerifyRequest other;
  other.chain = credential(KeyKind::ecdsa_p384).chain();
  other.name = ServerName("localhost");
  other.time = std::chrono::system_clock::now();
  const auto refused = client.connection.answer(id, asking.verifier->verify(other).value(), client.out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::wrong_answer);
}

TEST(Questions, end_the_handshake_when_the_answer_is_a_refusal) {
  AskingPair asking;
  asking.pair.run();
  auto& server = asking.pair.server;
  Error refusal;
  refusal.code = Code::unknown_server_name;
  refusal.alert = Alert::unrecognized_name;
  const auto refused = server.connection.answer(server.questions.front().id, refusal, server.out);
  ASSERT_FALSE(refused);
  asking.pair.run();
  ASSERT_TRUE(asking.pair.client.error);
  EXPECT_EQ(asking.pair.client.error->code, Code::peer_alert);
  EXPECT_EQ(asking.pair.client.error->alert, Alert::unrecognized_name);
}

TEST(Questions, ask_for_signatures_of_a_key_that_lives_elsewhere) {
  const auto local = credential();
  const auto remote = Credential::with_remote_key(local.chain(), {SignatureScheme::ecdsa_secp256r1_sha256});
  Pair pair(client_builder().build().value(), ServerConfig::builder().credential(remote).build().value());
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1u);
  const auto& question = pair.server.questions.front();
  const auto& sign = std::get<SignQuestion>(question.what);
  EXPECT_EQ(sign.scheme, SignatureScheme::ecdsa_secp256r1_sha256);
  ASSERT_TRUE(pair.server.connection.answer(question.id, Signature{local.sign(sign.scheme, sign.message).value()},
                                            pair.server.out));
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(Questions, leave_nothing_behind_when_the_connection_is_dropped_at_any_of_them) {
  for (int rounds = 0; rounds < 6; ++rounds) {
    AskingPair asking;
    for (int round = 0; round < rounds; ++round) {
      asking.pair.run();
      asking.answer_all();
    }
  }
}

}  // namespace
}  // namespace sotto
