#include "base/contain.hpp"

#include <new>

namespace sotto {

Error error_of_exception() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return make_error(Code::internal_error, "memory ran out");  // so short that the string holds it in place
  } catch (...) {
    return make_error(Code::internal_error);  // such as what a callback of the caller's throws
  }
}

}  // namespace sotto
