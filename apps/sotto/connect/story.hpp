// The handshake as a short story: who said what, in order.
#pragma once

#include <cstdio>

#include <sotto/trace.hpp>

namespace program {

/// Prints what is said on a connection, as it happens.
class Story : public sotto::Trace {
 public:
  explicit Story(std::FILE* to) : to_(to) {}
  void on(const sotto::TraceEvent& event) override;

 private:
  std::FILE* to_;
};

}  // namespace program
