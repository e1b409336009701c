"""What tests/interop and tests/peers share: a conftest imports the fixtures and the hooks that it wants."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import own_tests, report
from .own_peer import Meetings
from .pki import Pki
from .processes import Programs


@pytest.fixture
def programs():
    """Starts programs for one test and stops them after it."""
    started = Programs()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@dataclass
class Payload:
    """A file and its hash."""

    file: Path
    size: int
    digest: bytes

    def is_in(self, file):
        return hashlib.sha256(file.read_bytes()).digest() == self.digest


@pytest.fixture
def meet(request, command, programs, pki):
    """Lets the module's peer and sotto meet."""
    return Meetings(request.module.PEER, command, programs, pki)


@pytest.fixture(scope="session")
def megabyte(tmp_path_factory):
    data = b"".join(b"%07d\n" % number for number in range(128 * 1024))
    file = tmp_path_factory.mktemp("megabyte") / "data"
    file.write_bytes(data)
    return Payload(file, len(data), hashlib.sha256(data).digest())


def pytest_generate_tests(metafunc):
    own_tests.parametrize(metafunc)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report.note(item, outcome.get_result())
