import unittest

from support import TOOLS, Tree, load

check_format = load("check_format")
STYLE = (TOOLS.parent / ".clang-format").read_text()


def found(text):
    with Tree({".clang-format": STYLE, "src/base/x.cpp": text}) as root:
        return check_format.check(root)


class CheckFormat(unittest.TestCase):
    def test_what_is_in_style_is_accepted(self):
        self.assertEqual(found("int f() { return 1; }\n"), "")

    def test_what_is_not_is_refused(self):
        self.assertIn("x.cpp", found("int f( ){return 1;}\n"))

    def test_a_tree_without_sources_is_refused(self):
        with Tree({"README.md": ""}) as root:
            self.assertIn("no sources", check_format.check(root))


if __name__ == "__main__":
    unittest.main()
