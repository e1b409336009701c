// Makes certificates for development: dev_certificates FOLDER NAME...
// FOLDER gets ca.pem, which clients trust, and chain.pem with key.pem, which the server shows.
#include <sotto/issue.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

bool save(const std::filesystem::path& file, std::string_view text, std::filesystem::perms mode) {
  std::ofstream out(file);
  std::filesystem::permissions(file, mode);  // before there is a secret in it
  return static_cast<bool>(out << text << std::flush);
}

int fail(const sotto::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: dev_certificates FOLDER NAME...\n"), 2;
  const std::filesystem::path folder = argv[1];
  auto authority = sotto::LocalAuthority::create("sotto example authority");
  if (!authority) return fail(authority.error());
  auto leaf = authority->issue({.names = std::vector<std::string>(argv + 2, argv + argc)});
  if (!leaf) return fail(leaf.error());

  using std::filesystem::perms;
  const auto for_all = perms::owner_read | perms::owner_write | perms::group_read | perms::others_read;
  const auto for_us = perms::owner_read | perms::owner_write;
  const bool saved = save(folder / "ca.pem", authority->certificate_pem(), for_all) &&
                     save(folder / "chain.pem", leaf->chain_pem, for_all) &&
                     save(folder / "key.pem", leaf->key_pem, for_us);
  if (!saved) return std::fprintf(stderr, "cannot write to %s\n", argv[1]), 1;
}
