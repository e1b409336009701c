"""mbedTLS 2.28, through a small peer of our own: TLS 1.2. Its handshake messages must each fit into one record, so the
shortest records are left out."""

import pytest

from support import own_tests, stacks

PEER = stacks.stack(
    "mbedTLS",
    "libmbedtls-dev",
    suites=stacks.known12(),
    groups=stacks.GROUPS,
    kinds=("ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "rsa"),
    certified=("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    samples=("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    fragments=(1024, 4096),
    shared=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
    alerts={"name": "bad_certificate", "root": "unknown_ca"},
)
globals().update(own_tests.about("suite", "session_id", "fragments", "renegotiation"))


@pytest.fixture
def command():
    return stacks.program("mbedtls")
