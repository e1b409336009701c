/// \file
/// The answers to a connection's questions.
#pragma once

#include <optional>

#include <sotto/question.hpp>

#include "configuration.hpp"

namespace sotto::bogo {

class Answers {
 public:
  explicit Answers(const Setup& setup) : setup_(setup) {}
  [[nodiscard]] Answer to(const Question& question);
  /// Answers from now on as the flags for the time behind a rejection of early data say.
  void early_data_was_rejected() { early_data_was_rejected_ = true; }
  /// The number of the credential that proved who we are; -1 for none, and for the connection's own.
  [[nodiscard]] int used_credential() const { return used_credential_; }

 private:
  [[nodiscard]] Answer answer(const ChooseCredentialQuestion& question);
  [[nodiscard]] Answer answer(const ChooseClientCredentialQuestion& question);
  [[nodiscard]] Answer answer(const SignQuestion& question);
  [[nodiscard]] Answer answer(const DecryptQuestion& question);
  [[nodiscard]] Answer answer(const VerifyQuestion& question);
  [[nodiscard]] Answer answer(const ReplayQuestion& question);
  /// Chooses the first credential that will do, in the order of the flags; an error if there are some and none will.
  template <class Asked>
  [[nodiscard]] Answer choose(Asked question) const;
  [[nodiscard]] const NumberedCredential& find(const Credential& credential);

  const Setup& setup_;
  int used_credential_ = -1;
  bool early_data_was_rejected_ = false;
};

}  // namespace sotto::bogo
