"""A sotto client connects to OpenSSL's and GnuTLS's servers with TLS 1.2: what is its own. What is the same in both versions is in test_peer_serves.py."""

from dataclasses import replace

import pytest

from support import sotto
from support.talk import LINE
from support.talk import with_server as converse
from support.wishes import GROUPS, SUITES12, Wishes, key_for

pytestmark = pytest.mark.role("server")


@pytest.fixture
def wishes(pki):
    return Wishes(credential=pki.server(), version="1.2")


@pytest.mark.parametrize("suite", SUITES12)
def test_suite(peer, suite, programs, pki, call, wishes):
    """TLS 1.2: each cipher suite, the only one the server takes."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(key_for(suite)), suites=(suite,)))
    connected = converse(call(server), server)
    assert connected["suite"] == server.suite() == suite
    assert connected["version"] == "TLS 1.2"


@pytest.mark.parametrize("suite", SUITES12)
def test_suite_offered(peer, suite, programs, pki, call, wishes):
    """TLS 1.2: each cipher suite, the only one sotto offers."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(key_for(suite))))
    connected = converse(call(server, "--versions", "tls12", "--ciphersuites", suite), server)
    assert connected["suite"] == server.suite() == suite


@pytest.mark.parametrize("group", GROUPS)
def test_group(peer, group, programs, pki, call, wishes):
    """TLS 1.2: each group, the only one the server takes."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server("rsa"), groups=(group,)))
    assert converse(call(server), server)["group"] == group


@pytest.mark.parametrize("suite", SUITES12)
def test_resumption(peer, suite, programs, pki, call, wishes):
    """TLS 1.2: resumption by ticket, with each cipher suite."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(key_for(suite)), suites=(suite,)))
    client = call(server, "--connections", 2)
    assert not converse(client, server)["resumed"]
    connected = converse(client, server, 1)
    assert connected["resumed"] and connected["suite"] == suite


def test_missing_client_certificate(peer, programs, pki, call, wishes):
    """TLS 1.2: sotto without the required client certificate is refused before it is established."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    client = call(server, actions=("drain",))
    ended = client.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "peer_alert")
    assert ended["alert"] == peer.ALERT_OF_MISSING_CERTIFICATE12
    assert not client.events("connected")


def test_tiny_records(peer, programs, pki, call, wishes):
    """TLS 1.2: records of 64 octets, with a client certificate, so that every handshake message is in several."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    client = call(server, "--fragment", 64, *sotto.credential_arguments(pki.client("rsa")))
    assert converse(client, server)["version"] == "TLS 1.2"


def test_refused_by_policy(peer, programs, call, wishes):
    """A server that knows only TLS 1.2 refuses a policy of TLS 1.3 alone, and sotto says what the server said."""
    server = peer.start_server(programs, wishes)
    ended = call(server, "--versions", "tls13").event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "peer_alert")
    assert ended["alert"] == peer.ALERT_OF_TLS12_SERVER


def test_renegotiation(peer, programs, call, wishes):
    """TLS 1.2: a server that asks to renegotiate gets the warning no_renegotiation, and leaves; sotto itself would go on."""
    server = peer.start_server(programs, wishes)
    # OpenSSL's server asks when it is told so; GnuTLS's, when a client sends it this line.
    asking = ("say:**REHANDSHAKE**", "drain")
    answered = f"receive:{len(LINE) + 1}"
    client = call(server, actions=(f"say:{LINE}", answered, *asking))
    server.answer(LINE)
    client.done(answered)
    server.ask_to_renegotiate()
    ended = client.event("ended")
    assert "HelloRequest" in ended["heard"]
    assert [said for said in ended["said"] if said.islower()] == ["change_cipher_spec", "no_renegotiation"]
    assert ended["code"] == peer.END_AFTER_NO_RENEGOTIATION
    server.wait_for(peer.NO_RENEGOTIATION)
