import unittest

from support import Tree, load

check_layers = load("check_layers")

TABLE = """
| Folder | Its job | May include |
|---|---|---|
| `src/base` | the ground | |
| `src/crypto` | libcrypto | `src/base` |
| `src/wire` | bytes | `src/base` |
| `src/connection` | joins | everything in `src` |
| `src/adapters` | sockets | `src/base` |
"""


def faults(file, line):
    with Tree({"docs/design/architecture.md": TABLE, file: line + "\n"}) as root:
        return check_layers.check(root)


class CheckLayers(unittest.TestCase):
    def accepts(self, file, line):
        self.assertEqual(faults(file, line), [])

    def refuses(self, file, line, reason):
        found = faults(file, line)
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_an_arrow_of_the_table_may_be_followed(self):
        self.accepts("src/wire/reader.cpp", '#include "base/bytes.hpp"')
        self.accepts("src/wire/reader.cpp", '#include "wire/reader.hpp"')
        self.accepts("src/connection/pump.cpp", '#include "wire/reader.hpp"')

    def test_an_arrow_that_is_not_in_the_table_may_not(self):
        self.refuses("src/base/bytes.cpp", '#include "wire/reader.hpp"', "src/base may not include src/wire")
        self.refuses("src/wire/reader.cpp", '#include "connection/pump.hpp"', "src/wire may not include src/connection")

    def test_a_folder_that_is_not_in_the_table_is_refused(self):
        self.refuses("src/utils/things.cpp", "#include <vector>", "src/utils is not in the table")

    def test_libcrypto_is_for_crypto_alone(self):
        self.accepts("src/crypto/hash.cpp", "#include <openssl/evp.h>")
        self.refuses("src/wire/reader.cpp", "#include <openssl/evp.h>", "only src/crypto")
        self.refuses("apps/sotto/main.cpp", "#include <openssl/evp.h>", "only src/crypto")
        self.refuses("examples/client.cpp", "#include <openssl/evp.h>", "only src/crypto")
        self.refuses("include/sotto/client.hpp", "#include <openssl/evp.h>", "standard library and sotto only")

    def test_libssl_is_for_nobody(self):
        self.refuses("src/crypto/hash.cpp", "#include <openssl/ssl.h>", "libssl is not used")

    def test_the_library_needs_nothing_else(self):
        self.refuses("src/wire/reader.cpp", "#include <fmt/format.h>", "standard library and itself only")
        self.refuses("src/wire/reader.cpp", "#include <sys/socket.h>", "standard library and itself only")
        self.accepts("src/adapters/socket.cpp", "#include <sys/socket.h>")

    def test_public_headers_include_the_standard_library_and_sotto(self):
        self.accepts("include/sotto/client.hpp", "#include <vector>")
        self.accepts("include/sotto/client.hpp", "#include <sotto/policy.hpp>")
        self.refuses("include/sotto/client.hpp", '#include "policy.hpp"', "with angle brackets")
        self.refuses("include/sotto/client.hpp", "#include <asio.hpp>", "standard library and sotto only")
        self.accepts("include/sotto/asio.hpp", "#include <asio.hpp>")

    def test_the_core_does_not_know_the_adapters(self):
        self.refuses("src/connection/pump.cpp", "#include <sotto/socket.hpp>", "may not know an adapter")
        self.refuses("include/sotto/client.hpp", "#include <sotto/asio.hpp>", "only an adapter")
        self.refuses("include/sotto/client.hpp", "#include <sotto/adapter/engine.hpp>", "only an adapter")
        self.accepts("include/sotto/asio.hpp", "#include <sotto/adapter/engine.hpp>")

    def test_no_include_climbs_out_of_its_folder(self):
        self.refuses("apps/sotto/main.cpp", '#include "../../src/base/bytes.hpp"', "does not climb")


if __name__ == "__main__":
    unittest.main()
