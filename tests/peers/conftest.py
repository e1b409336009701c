"""Peers whose TLS comes from registries that are not Debian's: Go's crypto/tls and rustls. They are built here."""

import pathlib
import shutil
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "interop"))
pytest.register_assert_rewrite("support.own_tests", "support.own_peer")

# Their folder is named just above.
from support.fixtures import meet, megabyte, pki, programs, pytest_generate_tests, pytest_runtest_makereport
from support.sotto import ROOT


def run(*command, folder):
    return subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=900)


def need(tool):
    """A machine without the tool skips its tests, and says so."""
    if shutil.which(tool) is None:
        pytest.skip(f"NOT TESTED: there is no {tool} on this machine")


def build(*command, folder):
    done = run(*command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def go_peer():
    need("go")
    program = ROOT / "build/go/gopeer"
    build("go", "build", "-o", program, ".", folder=FOLDER / "go")
    return [program]


@pytest.fixture(scope="session")
def rustls_peer():
    need("cargo")
    if run("cargo", "fetch", "--locked", folder=FOLDER / "rustls").returncode != 0:
        pytest.skip("NOT TESTED: cargo cannot fetch rustls")
    target = ROOT / "build/rustls"
    build("cargo", "build", "--release", "--locked", "--target-dir", target, folder=FOLDER / "rustls")
    return [target / "release/rustls-peer"]
