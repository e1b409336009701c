/// \file
/// Reads the files of Project Wycheproof. They are data beside the checkout: SOTTO_VECTORS names their folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace sotto::wycheproof {

using Json = nlohmann::json;

inline std::filesystem::path folder() {
  if (const char* named = std::getenv("SOTTO_VECTORS"); named != nullptr && *named != '\0')
    return std::filesystem::path(named) / "wycheproof";
  return std::filesystem::path(SOTTO_TESTS_DIR) / "../../shared/vectors/wycheproof";
}

/// Returns the file, or nothing where the data is absent. A file that is there and has another number of cases than we
/// know of is a failure: what a skip says must be true.
inline std::optional<Json> load(const std::string& file, std::size_t cases) {
  std::ifstream stream(folder() / file);
  if (!stream) return std::nullopt;
  auto json = Json::parse(stream);
  EXPECT_EQ(json.at("numberOfTests").get<std::size_t>(), cases) << file;
  return json;
}

inline std::string absent(const std::string& file, std::size_t cases) {
  const auto sentence = std::to_string(cases) + " cases of Wycheproof's " + file + " NOT RUN: " + folder().string() +
                        " is absent; set SOTTO_VECTORS";
  std::cerr << "SKIP: " << sentence << '\n';
  return sentence;
}

inline Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline Bytes octets(const Json& test, const char* field) { return from_hex(test.at(field).get<std::string>()); }

inline bool has_flag(const Json& test, const char* flag) {
  for (const auto& present : test.at("flags"))
    if (present == flag) return true;
  return false;
}

inline std::string where(const Json& test) {
  return "case " + test.at("tcId").dump() + ": " + test.at("comment").get<std::string>();
}

/// Counts what a file's cases came to, and prints it.
struct Tally {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  std::size_t skipped = 0;  ///< parameters that TLS does not have
  void print(const std::string& file) const {
    std::cout << file << ": " << accepted << " accepted, " << refused << " refused, " << skipped
              << " with parameters that TLS does not have\n";
  }
};

/// Calls `judge(group, test)` for every case; it returns whether we accepted, or nothing for a case that TLS does not
/// have. `expect` says what Wycheproof's "acceptable" comes to here: our answer, pinned.
template <class Judge, class Acceptable>
Tally run(const Json& file, Judge judge, Acceptable accepts_acceptable) {
  Tally tally;
  for (const auto& group : file.at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const std::optional<bool> accepted = judge(group, test);
      if (!accepted) {
        ++tally.skipped;
        continue;
      }
      const auto& result = test.at("result");
      const bool expected = result == "acceptable" ? accepts_acceptable(test) : result == "valid";
      EXPECT_EQ(*accepted, expected) << where(test);
      ++(*accepted ? tally.accepted : tally.refused);
    }
  return tally;
}

/// For files that have no acceptable cases.
inline bool none(const Json& test) {
  ADD_FAILURE() << where(test) << ": no acceptable case was expected";
  return false;
}

}  // namespace sotto::wycheproof
