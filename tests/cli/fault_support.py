"""What the tests of faults share: data that comes back by an echo, slow clients, and calls of the kernel that fail."""

import contextlib
import hashlib
import os
import pathlib
import random
import select
import socket
import ssl

import cli_support as support
from cli_support import connect

INTERRUPTED = "seed=11,eintr=60,eagain=60,short=400"


class Failing:
    """Makes some calls of the kernel fail for a while: the value of a knob of tests/faults/plan.hpp."""

    def __init__(self, folder, knob):
        self.file = folder / f"{knob}-fails"
        self.faults = f"{knob}={self.file}"
        self.environment = {"LD_PRELOAD": support.TROUBLED_IO, "SOTTO_FAULTS": self.faults}

    def begin(self, number, alone=""):
        """Lets the calls fail with errno `number`: all, or those for what ends with `alone`."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{int(number)} {alone}\n")
        draft.rename(self.file)  # at once

    def end(self):
        self.file.unlink()

    @contextlib.contextmanager
    def during(self, number, alone=""):
        self.begin(number, alone)
        try:
            yield
        finally:
            self.end()


class Deaf:
    """A listener that answers nobody: its queue is full. Once it is closed, who calls again is refused."""

    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sockets = [socket.socket(family)]
        self.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sockets[0].bind((host, port))
        self.sockets[0].listen(0)
        self.port = self.sockets[0].getsockname()[1]
        self.address = f"tcp://{host}:{self.port}"
        for _ in range(3):  # more than there is room for
            self.sockets.append(socket.socket(family))
            self.sockets[-1].setblocking(False)
            self.sockets[-1].connect_ex((host, self.port))
        support.wait_until(lambda: self._callers() > 0, "the queue is full")
        self._own = self._callers()

    def _callers(self):
        """Returns how many wait for an answer (SYN_SENT)."""
        rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[3] == "02" and row[2].endswith(f":{self.port:04X}") for row in rows)

    def is_called(self):
        return self._callers() > self._own

    def close(self):
        for one in self.sockets:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def content(seed, size):
    return random.Random(seed).randbytes(size)


def echoed(port, ca, data, block=50_000, **settings):
    """Sends `data` to an echo while it reads what comes back, and returns that, to the orderly end.

    In one thread: two that use an SSL object of Python 3.11 at once damage what they read."""
    received = hashlib.sha256()
    tls = connect(port, ca, **settings)
    tls.setblocking(False)
    unsent, missing = memoryview(data), len(data)
    while missing:
        moved = False
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if unsent:
                unsent = unsent[tls.send(unsent[:block]) :]
                moved = True
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            got = tls.recv(65536)
            assert got, f"{missing} octets are missing"
            received.update(got)
            missing -= len(got)
            moved = True
        if not moved:
            ready = select.poll()
            ready.register(tls, select.POLLIN | (select.POLLOUT if unsent else 0))
            assert ready.poll(60_000), f"nothing came for a minute, {missing} octets are missing"
    tls.settimeout(60)
    tls.unwrap()
    tls.close()
    return received.hexdigest()


def assert_served(proxy, certificates, **settings):
    data = content(1, 1000)
    assert echoed(proxy.port, certificates.ca, data, **settings) == hashlib.sha256(data).hexdigest()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def client_hello(certificates):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = support.client_context(certificates.ca).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


