#include "handshake/binder.hpp"

namespace sotto::handshake {

Result<void> check_binder(const Psk& psk, const keys::Digest& transcript, View binder) {
  const auto expected = binder_for(psk.kind, psk.hash, psk.key.view(), transcript);
  if (!expected) return std::unexpected(expected.error());
  if (!equal_in_constant_time(expected->view(), binder)) return fail(Code::bad_binder);
  return {};
}

}  // namespace sotto::handshake
