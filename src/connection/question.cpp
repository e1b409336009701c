#include <sotto/question.hpp>

#include "base/secret.hpp"

namespace sotto {

PremasterSecret::~PremasterSecret() { wipe(as_view(std::span(bytes))); }

}  // namespace sotto
