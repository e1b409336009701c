/// \file
/// A greeting as MariaDB says it: no server of ours can make one up.
#pragma once

#include <initializer_list>
#include <string>

namespace sotto::test {

inline std::string bytes(std::initializer_list<int> octets) {
  std::string text;
  for (const int octet : octets) text += static_cast<char>(octet);
  return text;
}

/// `second_flags` holds CLIENT_SSL as its bit 0x08.
inline std::string mysql_greeting(int second_flags = 0xff) {
  auto payload = bytes({10}) + "10.11.19-MariaDB" + bytes({0, 7, 0, 0, 0}) + "saltsalt" +
                 bytes({0, 0xfe, second_flags}) + bytes({45, 2, 0, 0xff, 0x81, 21}) + std::string(10, '\0') +
                 "morechallenge" + bytes({0}) + "mysql_native_password" + bytes({0});
  return bytes({static_cast<int>(payload.size()), 0, 0, 0}) + payload;
}

}  // namespace sotto::test
