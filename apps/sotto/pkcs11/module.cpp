#include "pkcs11/module.hpp"

#include <utility>

#include <fmt/format.h>
#include <p11-kit/uri.h>

#include "text.hpp"

namespace program::pkcs11 {
namespace {

std::string last_message() {
  const char* const message = p11_kit_message();
  return message == nullptr ? "p11-kit does not say why" : printable(message);
}

}  // namespace

Outcome<Modules> Modules::load(const Uri& uri) {
  if (const char* const path = p11_kit_uri_get_module_path(uri.get())) return load_file(path);
  return load_configured(p11_kit_uri_get_module_name(uri.get()));
}

Outcome<Modules> Modules::load_file(const char* path) {
  auto* const module = p11_kit_module_load(path, 0);
  if (module == nullptr)
    return failure(ExitCode::configuration,
                   fmt::format("the PKCS#11 module '{}' cannot be loaded: {}", printable(path), last_message()));
  if (const auto result = p11_kit_module_initialize(module); result != CKR_OK) {
    p11_kit_module_release(module);
    return failure(ExitCode::configuration, fmt::format("the PKCS#11 module '{}' does not start: {}", printable(path),
                                                        p11_kit_strerror(result)));
  }
  Modules modules;
  modules.one_ = module;
  modules.usable_ = {module};
  return modules;
}

Outcome<Modules> Modules::load_configured(const char* name) {
  Modules modules;
  modules.configured_ = p11_kit_modules_load_and_initialize(0);
  if (modules.configured_ == nullptr)
    return failure(ExitCode::configuration,
                   fmt::format("the PKCS#11 modules that are configured cannot be loaded: {}", last_message()));
  if (name == nullptr) {
    for (auto** module = modules.configured_; *module != nullptr; ++module) modules.usable_.push_back(*module);
    return modules;
  }
  auto* const named = p11_kit_module_for_name(modules.configured_, name);
  if (named == nullptr)
    return failure(ExitCode::configuration,
                   fmt::format("no PKCS#11 module '{}' is configured; p11-kit list-modules shows those that are",
                               printable(name)));
  modules.usable_ = {named};
  return modules;
}

Modules::Modules(Modules&& other) noexcept
    : one_(std::exchange(other.one_, nullptr)),
      configured_(std::exchange(other.configured_, nullptr)),
      usable_(std::move(other.usable_)) {}

Modules::~Modules() {
  if (one_ != nullptr) {
    p11_kit_module_finalize(one_);
    p11_kit_module_release(one_);
  }
  if (configured_ != nullptr) p11_kit_modules_finalize_and_release(configured_);
}

}  // namespace program::pkcs11
