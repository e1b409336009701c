"""rustls as a client and as a server."""

import re

import pytest

from support import own_tests, sotto
from support.own_peer import OwnPeer, check
from support.wishes import SUITES, SUITES12

LOCK = sotto.ROOT / "tests/peers/rustls/Cargo.lock"


def version():
    return re.search(r'name = "rustls"\nversion = "(.*?)"', LOCK.read_text()).group(1)


PEER = OwnPeer(
    "rustls",
    version,
    suites=tuple(SUITES) + tuple(SUITES12),
    groups=("x25519", "secp256r1", "secp384r1"),
    retried=("secp256r1", "secp384r1"),
    kinds=("ecdsa_p256", "ecdsa_p384", "ed25519", "rsa"),
    certified=("TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    samples=("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    shared=("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    alerts={"name": "bad_certificate", "root": "unknown_ca"},
)
EARLY = "said early"
globals().update(own_tests.about("suite", "session_id_of_server", "retry", "update", "answered_update"))


@pytest.fixture
def command(rustls_peer):
    return rustls_peer


@pytest.mark.role("client")
@pytest.mark.parametrize("algorithm", ("brotli", "zlib"))
def test_compressed_certificates_of_client(algorithm, meet, pki):
    """Certificates go compressed in both directions (RFC 8879)."""
    own = pki.client()
    demand = ("--client-auth", "required", "--roots", pki.roots, "--compression", algorithm)
    client, events = meet.serve(SUITES[0], *demand, cert=own.chain, key=own.key)
    check(client, events, SUITES[0])
    assert events[0]["own_certificate_compressed"] == events[0]["peer_certificate_compressed"] == algorithm


@pytest.mark.role("server")
@pytest.mark.parametrize("algorithm", ("brotli", "zlib"))
def test_compressed_certificates_of_server(algorithm, meet, pki):
    """Certificates go compressed in both directions (RFC 8879)."""
    own = (*sotto.credential_arguments(pki.client()), "--compression", algorithm)
    server, events = meet.connect(SUITES[0], *own, demand=True, roots=pki.roots)
    check(server, events, SUITES[0])
    assert events[0]["own_certificate_compressed"] == events[0]["peer_certificate_compressed"] == algorithm


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_early_data_of_client(suite, meet):
    """Early data, accepted by sotto on the second connection."""
    client, events = meet.serve(suite, "--early-data", early=EARLY)
    check(client, events, suite)
    assert [event["early_received"] for event in events] == ["", EARLY]
    assert client.text.count("early data accepted=true") == 1


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_early_data_of_server(suite, meet):
    """Early data, accepted by the server on the second connection."""
    server, events = meet.connect(suite, "--early-data", "--early-say", EARLY, early="yes")
    check(server, events, suite)
    assert server.text.count(f"early data [{EARLY}]") == 1
