/// \file
/// What no dialogue before TLS may ever do, whatever the other side says.
#pragma once

#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"

namespace sotto::fuzz {

inline starttls::Protocol protocol_of(Input& input) {
  return starttls::protocols()[input.octet() % starttls::protocols().size()].protocol;
}

/// Says the parts of `input` to a dialogue.
inline void talk(starttls::Talk& talk, Input& input) {
  using starttls::State;
  while (!input.empty() && talk.state() == State::talking) {
    const auto said = input.part();
    const auto taken = talk.receive(as_public(said));
    promise(taken.has_value() == (talk.state() != State::failed), "an error and the state failed are the same thing");
    promise(!taken || *taken <= said.size(), "no more is taken than there is");
    // What was not protected by TLS is never left for what comes inside it, but for the record that begins it.
    if (taken && talk.state() == State::upgrade_now && *taken < said.size())
      promise(said[*taken] == 22, "only TLS may follow the dialogue");
    talk.output().clear();
  }
  const auto state = talk.state();
  promise(talk.refusal().empty() || state == State::refused, "only a refusal has words");
  promise(talk.refusal().size() < 400, "a refusal is short");
  if (state == State::talking) return;
  promise(!talk.receive(as_bytes("x")).has_value(), "a dialogue that is over takes nothing");
  promise(talk.state() == state, "an end is final");
}

}  // namespace sotto::fuzz
