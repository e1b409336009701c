"""Java's SSLSocket and SSLServerSocket as peers: one virtual machine takes the orders of all tests, for it is slow to start."""

import re
from pathlib import Path

from . import suites
from .command import java
from .processes import PATIENCE, Program

LINE = "a_line_from_Java"  # blanks separate the words of an order
HEARD = LINE.replace("_", " ")

# What Java 17 knows of the suites: no CCM.
SUITES12 = tuple(suite for suite in suites.SUITES12 if "CCM" not in suite)
GROUPS = ("x25519", "secp256r1", "secp384r1", "secp521r1")
START = ("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
SOURCE = Path(__file__).parents[1] / "java/JssePeer.java"

NAME = java.NAME
version = java.version


class Machine(Program):
    """The virtual machine."""

    orders = 0

    def order(self, role, **wishes):
        """Has the machine play a role, "serve" or "connect", beside whatever else it does."""
        words = [f"{name}={value}" for name, value in wishes.items() if value is not None]
        assert not any(re.search(r"\s", word) for word in words), words
        self.write(" ".join([role, *words]) + "\n")
        self.orders += 1
        return Order(self, self.orders - 1)


class Order:
    """What the machine says about one order."""

    def __init__(self, machine, number):
        self._machine, self._number = machine, number

    @property
    def text(self):
        own = f"{self._number} "
        return "".join(line.removeprefix(own) + "\n" for line in self._machine.stdout.decode().splitlines() if line.startswith(own))

    def wait_until(self, condition, what, patience=PATIENCE):
        return self._machine.wait_until(condition, f"{what}, after:\n{self.text}", patience)

    def wait_for(self, pattern):
        return self.wait_until(lambda: re.search(pattern, self.text, re.MULTILINE), f"/{pattern}/")

    @property
    def port(self):
        return self.wait_for(r"^listening on port (\d+)$").group(1)

    def finished(self):
        """Waits until the order is carried out, which must have gone well; returns the hashes of what each connection received."""
        assert self.wait_for("^(done|failed.*)$").group(1) == "done", self.text
        return re.findall("^received (.*)$", self.text, re.MULTILINE)

    def failed(self):
        """Waits for the exception that the order ended with, and returns it."""
        return self.wait_for("^failed (.*)$").group(1)

    def facts(self, what="connected"):
        """What Java says of each handshake: version, suite, whether it was resumed, and the peer's name."""
        found = re.findall(rf"^{what} (TLS \S+) (\S+) resumed=(\w+) (.*)$", self.text, re.MULTILINE)
        return [(version, suite, resumed == "true", peer) for version, suite, resumed, peer in found]
