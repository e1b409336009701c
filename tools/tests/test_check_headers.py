import unittest

from support import Tree, load

check_headers = load("check_headers")


def found(text):
    with Tree({"include/sotto/x.hpp": text}) as root:
        return check_headers.check([root / "include"])


class CheckHeaders(unittest.TestCase):
    def test_a_header_that_stands_alone_is_accepted(self):
        self.assertEqual(found("#pragma once\n#include <expected>\ninline std::expected<int, char> x = 1;\n"), [])

    def test_one_that_needs_another_is_refused_by_both_compilers(self):
        texts = found("#pragma once\ninline std::string x;\n")
        self.assertEqual(["g++" in texts[0], "clang++-19" in texts[1]], [True, True])

    def test_one_that_cannot_be_included_twice_is_refused(self):
        self.assertEqual(len(found("struct X {};\n")), 2)

    def test_a_tree_without_headers_is_refused(self):
        with Tree({"README.md": ""}) as root:
            self.assertIn("no headers", check_headers.check([root / "include"])[0])


if __name__ == "__main__":
    unittest.main()
