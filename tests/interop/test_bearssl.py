"""BearSSL, through a small peer of our own: TLS 1.2 without an extended master secret, for want of which sotto resumes nothing.
It ends a connection that it refuses without saying why."""

import pytest

from support import own_tests, stacks

RESUMES = False
PEER = stacks.stack(
    "BearSSL",
    "libbearssl-dev",
    suites=stacks.known12("_DHE_"),
    groups=stacks.GROUPS,
    kinds=("ecdsa_p256", "ecdsa_p384", "rsa"),
    certified=("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    samples=("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    shared=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
    alerts={"name": None, "root": None},
)
globals().update(own_tests.about("full_suite", "fragments", "renegotiation"))


@pytest.fixture
def command():
    return stacks.program("bearssl")
