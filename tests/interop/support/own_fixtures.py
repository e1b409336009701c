"""Fixtures for support/own_tests.py."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from .own_peer import Meetings


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
