"""The small peers of tests/interop/stacks, around libraries that Debian has no programs for."""

import re

from . import suites
from .own_peer import OwnPeer
from .processes import output_of
from .sotto import SOTTO_PEER

SUITES13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
GROUPS = ("x25519", "secp256r1", "secp384r1", "secp521r1")


def program(name):
    """Where our build puts the peer of that name."""
    return [SOTTO_PEER.with_name(f"{name}_peer")]


def stack(name, package, **can):
    """A peer that knows suites by number, around the library of a Debian package."""

    def version():
        found = output_of("dpkg-query", "-W", "-f", "${Version}", package)
        return re.search(r"\d+(\.\d+)+", found.split(":")[-1]).group(0)

    return OwnPeer(name, version, by_number=True, **can)


def known12(without="^$"):
    """The suites of TLS 1.2 that sotto knows, less those that match an expression."""
    return tuple(suite for suite in suites.SUITES12 if not re.search(without, suite))
