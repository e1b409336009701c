"""rustls as a client and as a server."""

import pytest

from support import own_peer
from support.suites import key_kind
from support.wishes import SUITES, SUITES12

CASES = [("1.3", suite) for suite in SUITES] + [("1.2", suite) for suite in SUITES12]
CERTIFIED = [("1.3", SUITES[2]), ("1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]


@pytest.mark.parametrize("version, suite", CASES)
def test_client(version, suite, rustls_peer, programs, pki):
    client, events = own_peer.serve(
        programs, rustls_peer, pki.server(key_kind(suite)), suite, roots=pki.roots, version=version
    )
    own_peer.check(client, events, suite, version)


@pytest.mark.parametrize("version, suite", CASES)
def test_server(version, suite, rustls_peer, programs, pki):
    server, events = own_peer.connect(
        programs, rustls_peer, pki.server(key_kind(suite)), suite, roots=pki.roots, version=version
    )
    own_peer.check(server, events, suite, version)


@pytest.mark.parametrize("group", ["secp256r1", "secp384r1"])
def test_retry_of_client(group, rustls_peer, programs, pki):
    client, events = own_peer.serve(
        programs, rustls_peer, pki.server(), SUITES[0], "--groups", group, roots=pki.roots, version="1.3"
    )
    own_peer.check(client, events, SUITES[0], "1.3")
    assert events[0]["hello_retried"] and events[0]["group"] == group


@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ed25519", "rsa"])
@pytest.mark.parametrize("version, suite", CERTIFIED)
def test_certificate_of_client(version, suite, kind, rustls_peer, programs, pki):
    own = pki.client(kind)
    demands = ("--client-auth", "required", "--roots", pki.roots)
    client, events = own_peer.serve(
        programs, rustls_peer, pki.server("rsa"), suite, *demands, roots=pki.roots, version=version,
        cert=own.chain, key=own.key,
    )
    own_peer.check(client, events, suite, version)
    assert f"client {kind}" in events[0]["peer_subject"]


@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ed25519", "rsa"])
@pytest.mark.parametrize("version, suite", CERTIFIED)
def test_certificate_of_server(version, suite, kind, rustls_peer, programs, pki):
    own = pki.client(kind)
    server, events = own_peer.connect(
        programs, [*rustls_peer, "--roots", pki.roots], pki.server("rsa"), suite, "--cert", own.chain, "--key", own.key,
        roots=pki.roots, version=version,
    )
    own_peer.check(server, events, suite, version)
    assert own_peer.facts(server, 0)[3] == " certificates=1"
