"""OpenSSL's and GnuTLS's clients connect to a sotto server with TLS 1.2: what is its own. What is the same in both versions is in test_peer_connects.py."""

from dataclasses import replace

import pytest

from support.talk import serve
from support.talk import with_client as converse
from support.wishes import GROUPS, SUITES12, Wishes, key_for

pytestmark = pytest.mark.role("client")


@pytest.fixture
def wishes(pki):
    return Wishes(roots=pki.roots, version="1.2")


@pytest.mark.parametrize("suite", SUITES12)
def test_suite(peer, suite, programs, pki, wishes):
    """TLS 1.2: each cipher suite, the only one the client offers."""
    server = serve(programs, [pki.server(key_for(suite))])
    client = peer.start_client(programs, server.port, replace(wishes, suites=(suite,)))
    connected = converse(client, server)
    assert connected["suite"] == client.suite() == suite
    assert connected["version"] == "TLS 1.2"


@pytest.mark.parametrize("suite", [SUITES12[0], SUITES12[1]])
def test_key_for_suite(peer, suite, programs, pki, wishes):
    """TLS 1.2: of an ECDSA and an RSA key, the server takes the one that the client's only suite is for."""
    server = serve(programs, [pki.server("ecdsa_p256"), pki.server("rsa")])
    connected = converse(peer.start_client(programs, server.port, replace(wishes, suites=(suite,))), server)
    assert connected["suite"] == suite


@pytest.mark.parametrize("group", GROUPS)
def test_group(peer, group, programs, pki, wishes):
    """TLS 1.2: each group, the only one the client offers."""
    server = serve(programs, [pki.server("rsa")])
    connected = converse(peer.start_client(programs, server.port, replace(wishes, groups=(group,))), server)
    assert connected["group"] == group
    assert connected["version"] == "TLS 1.2"


@pytest.mark.parametrize("group", GROUPS)
def test_group_of_server(peer, group, programs, pki, wishes):
    """TLS 1.2: each group, the only one sotto takes."""
    server = serve(programs, [pki.server("rsa")], "--groups", group)
    assert converse(peer.start_client(programs, server.port, wishes), server)["group"] == group


def test_optional_client_certificate(peer, programs, pki, wishes):
    """TLS 1.2: a client without the certificate it was asked for is served where that is optional."""
    server = serve(programs, [pki.server()], "--client-auth", "optional", "--roots", pki.roots)
    assert converse(peer.start_client(programs, server.port, wishes), server)["peer_subject"] == ""


def test_missing_client_certificate(peer, programs, pki, wishes):
    """TLS 1.2: a client without the required certificate is refused within the handshake."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    client = peer.start_client(programs, server.port, wishes)
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_missing_in_tls12")
    assert not server.events("connected")
    client.got_alert("handshake_failure")


@pytest.mark.parametrize("suite", SUITES12)
def test_resumption(peer, suite, programs, pki, wishes, tmp_path):
    """TLS 1.2: resumption by ticket, with each cipher suite."""
    server = serve(programs, [pki.server(key_for(suite))], "--connections", 2)
    client = peer.resume(programs, server.port, tmp_path, replace(wishes, suites=(suite,)))
    server.event("connected", 1)
    connected = converse(client, server, 1)
    assert connected["resumed"] and client.resumed()
    assert connected["suite"] == suite
    assert not server.event("connected", 0)["resumed"]


def test_resumption_with_client_certificate(peer, programs, pki, wishes, tmp_path):
    """TLS 1.2: a resumed session remembers the client's certificate."""
    demands = ("--client-auth", "required", "--roots", pki.roots, "--connections", 2)
    server = serve(programs, [pki.server()], *demands)
    client = peer.resume(programs, server.port, tmp_path, replace(wishes, credential=pki.client()))
    server.event("connected", 1)
    connected = converse(client, server, 1)
    assert connected["resumed"] and "client ecdsa_p256" in connected["peer_subject"]


def test_tiny_records(peer, programs, pki, wishes):
    """TLS 1.2: records of 64 octets, so that every handshake message is in several."""
    server = serve(programs, [pki.server("rsa")], "--fragment", 64)
    assert converse(peer.start_client(programs, server.port, wishes), server)["version"] == "TLS 1.2"


def test_renegotiation(peer, programs, pki, wishes):
    """TLS 1.2: a client that renegotiates is refused with no_renegotiation, and the connection ends."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, wishes)
    client.saw("welcome")
    client.say("before")
    client.saw("before")
    client.renegotiate()
    ended = server.event("ended")
    assert (ended["how"], ended["code"], ended["alert"]) == ("failed", "renegotiation_refused", "no_renegotiation")
    client.got_alert("no_renegotiation")


def test_refused_by_policy(peer, programs, pki, wishes):
    """A client that knows only TLS 1.2 is refused with protocol_version where the policy has only TLS 1.3."""
    server = serve(programs, [pki.server()], "--versions", "tls13")
    client = peer.start_client(programs, server.port, wishes)
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "unsupported_version")
    client.got_alert("protocol_version")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_only_tls12(peer, version, programs, pki, wishes):
    """A policy of TLS 1.2 alone: such clients are served, and those of TLS 1.3 alone refused with protocol_version."""
    server = serve(programs, [pki.server()], "--versions", "tls12")
    client = peer.start_client(programs, server.port, replace(wishes, version=version))
    if version == "1.2":
        assert converse(client, server)["version"] == "TLS 1.2"
    else:
        assert server.event("ended")["code"] == "unsupported_version"
        client.got_alert("protocol_version")
