import subprocess
import unittest

from support import Tree, load

check_linkage = load("check_linkage")

USES_LIBSSL = 'extern "C" const void* TLS_method();\nint main() { return TLS_method() == nullptr; }\n'
USES_LIBCRYPTO = 'extern "C" unsigned long OpenSSL_version_num();\nint main() { return OpenSSL_version_num() == 0; }\n'


def program(root, library):
    subprocess.run(["g++", "x.cpp", "-o", "program", "-l" + library], cwd=root, check=True)
    return str(root / "program")


def archive(root):
    subprocess.run(["g++", "-c", "x.cpp"], cwd=root, check=True)
    subprocess.run(["ar", "qc", "libx.a", "x.o"], cwd=root, check=True)
    return str(root / "libx.a")


class CheckLinkage(unittest.TestCase):
    def test_libcrypto_is_accepted(self):
        with Tree({"x.cpp": USES_LIBCRYPTO}) as root:
            self.assertEqual(list(check_linkage.faults(program(root, "crypto"))), [])
            self.assertEqual(list(check_linkage.faults(archive(root))), [])

    def test_a_program_with_libssl_is_refused(self):
        with Tree({"x.cpp": USES_LIBSSL}) as root:
            self.assertIn("is linked to libssl", "".join(check_linkage.faults(program(root, "ssl"))))

    def test_an_archive_that_wants_libssl_is_refused(self):
        with Tree({"x.cpp": USES_LIBSSL}) as root:
            self.assertIn("uses TLS_method of libssl", "".join(check_linkage.faults(archive(root))))


if __name__ == "__main__":
    unittest.main()
