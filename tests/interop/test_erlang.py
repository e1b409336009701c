"""Erlang's ssl, written in Erlang from the RFCs, as a client and as a server. Its groups can be chosen in TLS 1.3 only. Its client
says how it would resume (psk_key_exchange_modes) only when it has a ticket already, so it gets none from sotto, as RFC 8446, 4.2.9
advises."""

from pathlib import Path

import pytest

from support import own_tests, sotto
from support.own_peer import OwnPeer, check, facts, version_of
from support.processes import output_of

RESUMES = False
SOURCE = Path(__file__).parent / "erlang/ssl_peer.erl"


def version():
    """That of the application ssl."""
    script = 'application:load(ssl), {ok, Version} = application:get_key(ssl, vsn), io:format("~s", [Version]), halt().'
    return output_of("erl", "-noshell", "-eval", script).strip()


PEER = OwnPeer(
    "Erlang (ssl)",
    version,
    # One of each kind: an Erlang takes its time to start. It knows no DHE with CCM.
    suites=(
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
    ),
    groups=("x25519", "secp384r1"),
    retried=("secp384r1",),
    kinds=("ecdsa_p256", "rsa"),
    certified=("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    samples=("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    shared=("TLS_AES_128_GCM_SHA256",),
    alerts={"name": "handshake_failure", "root": "unknown_ca"},
)
globals().update(own_tests.about("full_suite_of_client", "retry", "update", "answered_update"))


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """What starts the compiled program."""
    folder = tmp_path_factory.mktemp("erlang")
    assert output_of("erlc", "-o", folder, SOURCE) == ""
    return ["erl", "+S", "1:1", "-noshell", "-pa", folder, "-run", "ssl_peer", "main", "-extra"]


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", PEER.suites)
def test_suite_of_server(suite, meet):
    """Each cipher suite, the only one on both sides; in TLS 1.3 the second connection resumes."""
    server, events = meet.connect(suite)
    check(server, events, suite, resumes=True if version_of(suite) == "1.3" else None)


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", PEER.certified)
@pytest.mark.parametrize("kind", PEER.kinds)
def test_certificate_of_server(suite, kind, meet, pki):
    """A server that requires a client certificate, each kind of key."""
    own = sotto.credential_arguments(pki.client(kind))
    server, _ = meet.connect(suite, *own, connections=1, demand=True, roots=pki.roots)
    assert facts(server, 0)[3]
