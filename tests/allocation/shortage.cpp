#include "allocation/shortage.hpp"

#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace sotto::allocation {
namespace {

std::atomic<std::size_t> blocks = 0;

struct Plan {
  bool armed = false;
  Heap heap = Heap::cpp;
  Failing failing = Failing::once;
  std::size_t left = 0;  // allocations until the first failure
  bool came = false;
};
Plan plan;
int depth = 0;  // of calls of the library

bool fails(Heap heap) {
  if (!plan.armed || depth == 0 || plan.heap != heap) return false;
  if (plan.came) return plan.failing == Failing::from_then_on;
  if (--plan.left != 0) return false;
  plan.came = true;
  return true;
}

void* obtain(Heap heap, std::size_t octets) {
  if (fails(heap)) return nullptr;
  void* block = std::malloc(octets == 0 ? 1 : octets);
  if (block != nullptr) ++blocks;
  return block;
}
void give_back(void* block) {
  if (block != nullptr) --blocks;
  std::free(block);
}

void* obtain_for_libcrypto(std::size_t octets, const char*, int) { return obtain(Heap::libcrypto, octets); }
void* resize_for_libcrypto(void* block, std::size_t octets, const char*, int) {
  if (block == nullptr) return obtain(Heap::libcrypto, octets);
  if (octets == 0) {
    give_back(block);
    return nullptr;
  }
  return fails(Heap::libcrypto) ? nullptr : std::realloc(block, octets);
}
void free_for_libcrypto(void* block, const char*, int) { give_back(block); }

// Before main: libcrypto takes this before it has allocated anything, or not at all.
const bool reaches_libcrypto =
    CRYPTO_set_mem_functions(obtain_for_libcrypto, resize_for_libcrypto, free_for_libcrypto) == 1;

}  // namespace

Shortage::Shortage(Heap heap, Failing failing, std::size_t number) {
  if (!reaches_libcrypto) std::abort();
  plan = {true, heap, failing, number, false};
}
Shortage::~Shortage() { plan.armed = false; }
bool Shortage::came() { return plan.came; }

Inside::Inside() { ++depth; }
Inside::~Inside() { --depth; }

std::size_t blocks_in_use() { return blocks; }

namespace {
void* obtain_or_throw(std::size_t octets) {
  void* block = obtain(Heap::cpp, octets);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void give_back_cpp(void* block) { give_back(block); }
}  // namespace
}  // namespace sotto::allocation

// All other forms end in these.
void* operator new(std::size_t octets) { return sotto::allocation::obtain_or_throw(octets); }
void operator delete(void* block) noexcept { sotto::allocation::give_back_cpp(block); }
void operator delete(void* block, std::size_t) noexcept { sotto::allocation::give_back_cpp(block); }
