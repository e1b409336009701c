#include "attack/memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace sotto::attack {
namespace {

std::atomic<std::size_t> in_use = 0;

// The copies lie in memory that is not watched itself.
struct Graves {
  char* octets = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;

  void bury(const void* block, std::size_t octets_there) {
    if (size + octets_there > capacity) {
      capacity = 2 * (size + octets_there);
      octets = static_cast<char*>(std::realloc(octets, capacity));
      if (octets == nullptr) std::abort();
    }
    std::memcpy(octets + size, block, octets_there);
    size += octets_there;
  }
};
bool is_open = false;
Graves graves[2];
Graves& graves_of(Heap heap) { return graves[static_cast<std::size_t>(heap)]; }

void* obtain(std::size_t octets) {
  void* block = std::malloc(octets == 0 ? 1 : octets);
  if (block != nullptr) in_use += malloc_usable_size(block);
  return block;
}
void* obtain_or_throw(std::size_t octets) {
  void* block = obtain(octets);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void give_back(Heap heap, void* block) {
  if (block == nullptr) return;
  const auto octets = malloc_usable_size(block);
  in_use -= octets;
  if (is_open) graves_of(heap).bury(block, octets);
  std::free(block);
}

void* obtain_for_libcrypto(std::size_t octets, const char*, int) { return obtain(octets); }
void* move_for_libcrypto(void* block, std::size_t octets, const char*, int) {
  if (block == nullptr) return obtain(octets);
  if (octets == 0) {
    give_back(Heap::libcrypto, block);
    return nullptr;
  }
  void* moved = obtain(octets);
  if (moved == nullptr) return nullptr;
  const auto before = malloc_usable_size(block);
  std::memcpy(moved, block, before < octets ? before : octets);
  give_back(Heap::libcrypto, block);
  return moved;
}
void free_for_libcrypto(void* block, const char*, int) { give_back(Heap::libcrypto, block); }

// Before main: libcrypto takes this before it has allocated anything, or not at all.
const bool watches_libcrypto =
    CRYPTO_set_mem_functions(obtain_for_libcrypto, move_for_libcrypto, free_for_libcrypto) == 1;

}  // namespace

std::size_t memory_in_use() { return in_use; }

Graveyard::Graveyard() {
  if (!watches_libcrypto) std::abort();
  for (auto& each : graves) each.size = 0;
  is_open = true;
}
void Graveyard::close() { is_open = false; }

bool Graveyard::holds(Heap heap, std::span<const std::uint8_t> secret) const {
  const auto& there = graves_of(heap);
  return std::string_view(there.octets, there.size)
      .contains(std::string_view(reinterpret_cast<const char*>(secret.data()), secret.size()));
}
std::size_t Graveyard::size(Heap heap) const { return graves_of(heap).size; }

}  // namespace sotto::attack

// All other forms end in these.
void* operator new(std::size_t octets) { return sotto::attack::obtain_or_throw(octets); }
void operator delete(void* block) noexcept { sotto::attack::give_back(sotto::attack::Heap::cpp, block); }
void operator delete(void* block, std::size_t) noexcept { sotto::attack::give_back(sotto::attack::Heap::cpp, block); }
