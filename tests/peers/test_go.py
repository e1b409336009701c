"""Go's crypto/tls as a client and as a server."""

import pytest

from support import own_peer
from support.suites import key_kind

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
CASES = [("1.3", suite) for suite in SUITES13] + [("1.2", suite) for suite in SUITES12]


@pytest.mark.parametrize("version, suite", CASES)
def test_client(version, suite, go_peer, programs, pki):
    client, events = own_peer.serve(
        programs, go_peer, pki.server(key_kind(suite)), suite, roots=pki.roots, version=version
    )
    own_peer.check(client, events, suite, version)


@pytest.mark.parametrize("version, suite", CASES)
def test_server(version, suite, go_peer, programs, pki):
    # Go lets nobody choose among the suites of TLS 1.3, so it is sotto that offers one only.
    server, events = own_peer.connect(
        programs, go_peer, pki.server(key_kind(suite)), suite, roots=pki.roots, version=version
    )
    own_peer.check(server, events, suite, version)


@pytest.mark.parametrize("group", ["secp384r1", "secp521r1"])
def test_retry_of_client(group, go_peer, programs, pki):
    suite = SUITES13[0]
    client, events = own_peer.serve(
        programs, go_peer, pki.server(), suite, "--groups", group, roots=pki.roots, version="1.3"
    )
    own_peer.check(client, events, suite, "1.3")
    assert events[0]["hello_retried"] and events[0]["group"] == group


CERTIFIED = [("1.3", SUITES13[1]), ("1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), ("1.2", "TLS_RSA_WITH_AES_128_CBC_SHA")]


@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "ed25519", "rsa"])
@pytest.mark.parametrize("version, suite", CERTIFIED)
def test_certificate_of_client(version, suite, kind, go_peer, programs, pki):
    own = pki.client(kind)
    demands = ("--client-auth", "required", "--roots", pki.roots)
    client, events = own_peer.serve(
        programs, go_peer, pki.server("rsa"), suite, *demands, roots=pki.roots, version=version, cert=own.chain,
        key=own.key,
    )
    own_peer.check(client, events, suite, version)
    assert f"client {kind}" in events[0]["peer_subject"]


@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "ed25519", "rsa"])
@pytest.mark.parametrize("version, suite", CERTIFIED)
def test_certificate_of_server(version, suite, kind, go_peer, programs, pki):
    own = pki.client(kind)
    server, events = own_peer.connect(
        programs, [*go_peer, "--demand", "--roots", pki.roots], pki.server("rsa"), suite, "--cert", own.chain, "--key", own.key,
        roots=pki.roots, version=version,
    )
    own_peer.check(server, events, suite, version)
    assert own_peer.facts(server, 0)[3] == f" peer=[client {kind}]"
