// The PKCS#11 modules that a URI may mean, loaded for as long as they are held.
#pragma once

#include <span>
#include <vector>

#include <p11-kit/p11-kit.h>

#include "pkcs11/uri.hpp"

namespace program::pkcs11 {

/// Owns loaded modules; a module that somebody else of this process uses too stays in use.
class Modules {
 public:
  /// Loads the module that the URI names by module-path or module-name, or all that p11-kit's configuration names.
  static Outcome<Modules> load(const Uri& uri);
  Modules(Modules&& other) noexcept;
  Modules& operator=(Modules&& other) = delete;
  ~Modules();

  [[nodiscard]] std::span<CK_FUNCTION_LIST* const> all() const { return usable_; }

 private:
  Modules() = default;
  static Outcome<Modules> load_file(const char* path);
  static Outcome<Modules> load_configured(const char* name);

  CK_FUNCTION_LIST* one_ = nullptr;          // owned: loaded by its path
  CK_FUNCTION_LIST** configured_ = nullptr;  // owned: loaded as configured
  std::vector<CK_FUNCTION_LIST*> usable_;
};

}  // namespace program::pkcs11
