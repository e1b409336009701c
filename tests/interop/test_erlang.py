"""Erlang's ssl, written in Erlang from the RFCs, as a client and as a server."""

from pathlib import Path

import pytest

from support import own_peer
from support.command import erlang
from support.suites import KNOWN, key_kind

PEER = erlang
COMMAND = ["escript", Path(__file__).parent / "erlang/peer.escript"]

# Of the classic suites one of each kind: an Erlang takes its time to start. It knows no DHE with CCM or ChaCha20.
SUITES = [suite for suite in KNOWN if "_WITH_" not in suite or "ECDHE" in suite] + [
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
]
CERTIFIED = ("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA")
# Its server must resume in TLS 1.3; in TLS 1.2 that is left to it, and both sides must only say the same.
RESUMES = {"1.3": True, "1.2": None}


def version_of(suite):
    return "1.2" if "_WITH_" in suite else "1.3"


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_client(suite, programs, pki):
    """TLS 1.2 and 1.3: each cipher suite, the only one on both sides."""
    credential = pki.server(key_kind(suite))
    client, events = own_peer.serve(programs, COMMAND, credential, suite, roots=pki.roots, version=version_of(suite))
    own_peer.check(client, events, suite, version_of(suite), resumes=False)


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_server(suite, programs, pki):
    """TLS 1.2 and 1.3: each cipher suite, the only one on both sides, and in TLS 1.3 resumption."""
    credential = pki.server(key_kind(suite))
    server, events = own_peer.connect(programs, COMMAND, credential, suite, roots=pki.roots, version=version_of(suite))
    own_peer.check(server, events, suite, version_of(suite), resumes=RESUMES[version_of(suite)])


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", CERTIFIED)
def test_certificate_of_client(suite, programs, pki):
    """TLS 1.2 and 1.3: a required client certificate."""
    own, demands = pki.client(), ("--client-auth", "required", "--roots", pki.roots)
    client, events = own_peer.serve(
        programs, COMMAND, pki.server("rsa"), suite, *demands, roots=pki.roots, version=version_of(suite), cert=own.chain, key=own.key
    )
    own_peer.check(client, events, suite, version_of(suite), resumes=False)
    assert "client ecdsa_p256" in events[0]["peer_subject"]


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", CERTIFIED)
def test_certificate_of_server(suite, programs, pki):
    """TLS 1.2 and 1.3: a server that requires a client certificate."""
    own = pki.client()
    command = [*COMMAND, "--demand", "--roots", pki.roots]
    server, events = own_peer.connect(
        programs, command, pki.server("rsa"), suite, "--cert", own.chain, "--key", own.key, roots=pki.roots, version=version_of(suite)
    )
    own_peer.check(server, events, suite, version_of(suite), resumes=RESUMES[version_of(suite)])
    assert own_peer.facts(server, 0)[3] == " certificates=1"
