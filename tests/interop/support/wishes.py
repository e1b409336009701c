"""What a test asks of a real peer, in words that hold for all of them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from .pki import Credential

SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
SUITES12 = tuple(
    f"TLS_ECDHE_{signature}_WITH_{cipher}"
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
    for signature in ("ECDSA", "RSA")
)
GROUPS = ("x25519", "secp256r1", "secp384r1", "secp521r1")
# Suites that stand for each cipher, with their versions; all go with an ECDSA key.
BULK = [("1.3", suite) for suite in SUITES] + [("1.2", suite) for suite in SUITES12[::2]]
# Runs a test in both versions; without it the fixture `version` is "1.3".
both_versions = pytest.mark.parametrize("version", ("1.3", "1.2"))


def key_for(suite):
    """The kind of key that a server needs for a suite of TLS 1.2."""
    return "rsa" if "_RSA_" in suite else "ecdsa_p256"


def other_group(group):
    """A group that is not `group`, for a first key share that the other side does not take."""
    return "x25519" if group != "x25519" else "secp256r1"


@dataclass(frozen=True)
class Wishes:
    suites: tuple = ()
    groups: tuple = ()  # the first one is what a client sends its only key share for
    alpn: tuple = ()
    credential: Credential | None = None
    roots: Path | None = None
    require_client_certificate: bool = False
    server_name: str = "server.test"
    export_label: str = ""
    key_log: Path | None = None
    version: str = "1.3"
    words: tuple = ()  # of a GnuTLS priority
    extra: tuple = ()  # flags of this one peer
