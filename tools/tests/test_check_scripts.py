import unittest

from support import Tree, load

check_scripts = load("check_scripts")


def found(text):
    with Tree({"tools/run": text}) as root:
        return check_scripts.check(root)


class CheckScripts(unittest.TestCase):
    def test_a_sound_script_is_accepted(self):
        self.assertEqual(found('#!/usr/bin/env bash\necho "$1"\n'), "")

    def test_a_careless_one_is_refused(self):
        self.assertIn("SC2086", found("#!/usr/bin/env bash\nrm $1\n"))

    def test_a_tree_without_scripts_is_refused(self):
        self.assertIn("no scripts", found("plain text"))


if __name__ == "__main__":
    unittest.main()
