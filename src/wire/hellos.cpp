#include "wire/hellos.hpp"

namespace sotto::wire {

bool is_hello_retry_request(View raw) {
  Reader body(body_of(raw));
  (void)body.u16();
  return same(body.bytes(random_octets), hello_retry_request_random);
}

}  // namespace sotto::wire
