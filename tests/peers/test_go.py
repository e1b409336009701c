"""Go's crypto/tls as a client and as a server. Go lets nobody choose among the suites of TLS 1.3, so there it is sotto that
takes and offers one only. It resumes by ticket alone, and answers a KeyUpdate but never sends one of its own."""

import re

import pytest

from support import own_tests
from support.own_peer import OwnPeer
from support.processes import output_of

SUITES13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
SUITES12 = (
    *(f"TLS_ECDHE_{signature}_WITH_AES_128_{cipher}" for signature in ("RSA", "ECDSA") for cipher in ("CBC_SHA", "GCM_SHA256")),
    *(f"TLS_ECDHE_{signature}_WITH_AES_256_{cipher}" for signature in ("RSA", "ECDSA") for cipher in ("CBC_SHA", "GCM_SHA384")),
    *(f"TLS_ECDHE_{signature}_WITH_CHACHA20_POLY1305_SHA256" for signature in ("RSA", "ECDSA")),
    *(f"TLS_ECDHE_{signature}_WITH_AES_128_CBC_SHA256" for signature in ("RSA", "ECDSA")),
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
)


def version():
    return re.search(r"\d+(\.\d+)+", output_of("go", "version")).group(0)


PEER = OwnPeer(
    "Go (crypto/tls)",
    version,
    suites=SUITES13 + SUITES12,
    groups=("x25519", "secp256r1", "secp384r1", "secp521r1"),
    retried=("secp384r1", "secp521r1"),
    kinds=("ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "ed25519", "rsa"),
    certified=("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    samples=("TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    shared=("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    alerts={"name": "bad_certificate", "root": "bad_certificate"},
)
globals().update(own_tests.about("suite", "retry", "answered_update"))


@pytest.fixture
def command(go_peer):
    return go_peer
