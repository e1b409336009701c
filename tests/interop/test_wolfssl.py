"""wolfSSL, through a small peer of our own. Debian builds it without renegotiation and without early data, and its
client of TLS 1.2 does not signal secure renegotiation, so that only a policy without this demand serves it."""

import pytest

from support import own_tests, sotto, stacks

PEER = stacks.stack(
    "wolfSSL",
    "libwolfssl-dev",
    suites=stacks.SUITES13 + stacks.known12(r"^TLS_RSA_|_DHE_.*CCM|ECDSA_WITH_AES_256_CCM$"),
    groups=stacks.GROUPS,
    retried=("x25519", "secp384r1"),
    kinds=("ecdsa_p256", "ecdsa_p384", "ed25519", "rsa"),
    asked=("ecdsa_p256", "ecdsa_p384"),
    certified=("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    unsignalled=True,
    samples=("TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    shared=("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    alerts={"name": "bad_certificate", "root": "unknown_ca"},
)
globals().update(own_tests.about("suite", "session_id", "retry", "fragments", "update", "answered_update"))


@pytest.fixture
def command():
    return stacks.program("wolfssl")


@pytest.mark.role("server")
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_other_certificate_of_server(kind, meet, pki, request):
    """A server that requires a client certificate, of kinds that it asks for in TLS 1.3 only."""
    own_tests.test_certificate_of_server(PEER.certified[0], kind, meet, pki, request)


@pytest.mark.role("client")
def test_unsignalled_renegotiation(programs, pki):
    """TLS 1.2: a client that does not signal secure renegotiation is refused by every policy that is not told otherwise."""
    suite = PEER.classic[0]
    server = sotto.start_server(programs, [pki.server()], "--ciphersuites", suite)
    own = PEER.words(role="client", port=server.port, roots=pki.roots, suite=suite, version="1.2")
    client = programs.start([*stacks.program("wolfssl"), *own])
    assert server.event("ended")["code"] == "no_secure_renegotiation"
    assert client.wait() == 1
