import unittest

from support import Tree, load

check_mutations = load("check_mutations")

SOURCE = "if (!same(left, right)) return fail();\n"


def table(**changed):
    """Returns a table of one mutation."""
    mutation = {
        "name": "comparison",
        "removes": "the comparison",
        "file": "src/compare.cpp",
        "text": "if (!same(left, right)) return fail();",
        "instead": "",
        "filter": "Compare.*",
    } | changed
    return "[[mutation]]\n" + "".join(f"{key} = '{value}'\n" for key, value in mutation.items() if value is not None)


def faults(text, source=SOURCE):
    with Tree({"tools/mutations.toml": text, "src/compare.cpp": source}) as root:
        return check_mutations.check(root)


class CheckMutations(unittest.TestCase):
    def refuses(self, found, reason):
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_a_text_that_stands_there_once_is_accepted(self):
        self.assertEqual(faults(table()), [])

    def test_a_text_that_is_gone_is_refused(self):
        self.refuses(faults(table(), "return equal(left, right);\n"), "stands 0 times")
        self.refuses(faults(table(file="src/gone.cpp")), "stands 0 times")

    def test_a_text_that_stands_there_twice_is_refused(self):
        self.refuses(faults(table(), 2 * SOURCE), "stands 2 times")

    def test_a_mutation_that_changes_nothing_is_refused(self):
        self.refuses(faults(table(instead="if (!same(left, right)) return fail();")), "nothing is changed")

    def test_a_mutation_that_is_not_described_is_refused(self):
        self.refuses(faults(table(removes=None)), "no removes")

    def test_a_name_that_stands_there_twice_is_refused(self):
        found = faults(table() + table())
        self.assertEqual(len(found), 2, found)
        self.assertIn("twice", found[0])

    def test_an_empty_table_is_refused(self):
        self.refuses(faults("mutation = []\n"), "is empty")


class Outcome(unittest.TestCase):
    """What becomes of a mutation, with a compiler and a test program that are shell scripts."""

    MUTATION = {"name": "n", "removes": "r", "file": "source", "text": "checked", "instead": "gone", "test": "attack",
                "filter": "*"}

    def outcome(self, program):
        real_build = check_mutations.build
        check_mutations.build = lambda copy, tests: ""
        try:
            with Tree({"source": "checked\n", "build/release/bin/attack": program}) as root:
                (root / "build/release/bin/attack").chmod(0o755)
                result = check_mutations.outcome(root, self.MUTATION)
                self.assertEqual((root / "source").read_text(), "checked\n")
                return result
        finally:
            check_mutations.build = real_build

    def test_a_test_that_fails_has_noticed(self):
        self.assertEqual(self.outcome("#!/bin/sh\necho '[       OK ]'\ngrep -q checked source\n"), "noticed")

    def test_a_test_that_passes_has_not(self):
        self.assertEqual(self.outcome("#!/bin/sh\necho '[       OK ]'\ngrep -q gone source\n"), "SURVIVED")


class Tests(unittest.TestCase):
    def test_no_tests_at_all_do_not_pass(self):
        program = "#!/bin/sh\necho no tests\n"
        with Tree({"build/release/bin/attack": program}) as root:
            (root / "build/release/bin/attack").chmod(0o755)
            self.assertFalse(check_mutations.passes(root, Outcome.MUTATION))


if __name__ == "__main__":
    unittest.main()
