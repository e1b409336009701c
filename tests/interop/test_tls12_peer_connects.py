"""OpenSSL's and GnuTLS's clients connect to a sotto server with TLS 1.2."""

import hashlib
from dataclasses import replace

import pytest

from support import sotto
from support.pki import KEY_KINDS, OTHER_SERVER
from support.secrets import NAMES12, secrets_in
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


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_server_key(peer, kind, programs, pki, wishes):
    """TLS 1.2: each kind of server key."""
    server = serve(programs, [pki.server(kind)])
    connected = converse(peer.start_client(programs, server.port, wishes), server)
    assert connected["scheme"] == KEY_KINDS[kind][1]
    assert connected["version"] == "TLS 1.2"


def test_intermediate(peer, programs, pki, wishes):
    """TLS 1.2: a server chain with an intermediate."""
    server = serve(programs, [pki.chained_server()])
    assert converse(peer.start_client(programs, server.port, wishes), server)["version"] == "TLS 1.2"


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_client_certificate(peer, kind, programs, pki, wishes):
    """TLS 1.2: a required client certificate, each kind of key."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    client = peer.start_client(programs, server.port, replace(wishes, credential=pki.client(kind)))
    assert f"client {kind}" in converse(client, server)["peer_subject"]


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


def test_untrusted_client_certificate(peer, programs, pki, wishes):
    """TLS 1.2: a client whose certificate comes from an unknown root is refused within the handshake."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    stranger = pki.client(root=pki.foreign_root)
    client = peer.start_client(programs, server.port, replace(wishes, credential=stranger))
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_untrusted")
    assert not server.events("connected")
    client.got_alert("unknown_ca")


def test_distrusted_server(peer, programs, pki, wishes):
    """TLS 1.2: a client that does not trust the server's root says so, and sotto repeats it."""
    server = serve(programs, [pki.server()])
    peer.start_client(programs, server.port, replace(wishes, roots=pki.foreign_root.certificate))
    ended = server.event("ended")
    assert (ended["how"], ended["code"], ended["alert"]) == ("failed", "peer_alert", peer.ALERT_OF_DISTRUST)


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


def test_alpn(peer, programs, pki, wishes):
    """TLS 1.2: ALPN, the server's choice among what the client offers."""
    server = serve(programs, [pki.server()], "--alpn", "http/1.1,h2")
    client = peer.start_client(programs, server.port, replace(wishes, alpn=("h2", "http/1.1")))
    connected = converse(client, server)
    assert connected["alpn"] == client.alpn() == "http/1.1"


def test_no_common_alpn(peer, programs, pki, wishes):
    """TLS 1.2: no application protocol in common is refused."""
    server = serve(programs, [pki.server()], "--alpn", "h2")
    client = peer.start_client(programs, server.port, replace(wishes, alpn=("spdy/1",)))
    assert server.event("ended")["code"] == "no_common_application_protocol"
    client.got_alert("no_application_protocol")


@pytest.mark.parametrize("name", ["server.test", OTHER_SERVER])
def test_certificate_by_name(peer, name, programs, pki, wishes):
    """TLS 1.2: the certificate chosen by SNI among two."""
    server = serve(programs, [pki.server(), pki.server("ecdsa_p384", OTHER_SERVER)])
    connected = converse(peer.start_client(programs, server.port, replace(wishes, server_name=name)), server)
    assert connected["server_name"] == name
    assert connected["scheme"] == ("ecdsa_secp384r1_sha384" if name == OTHER_SERVER else "ecdsa_secp256r1_sha256")


def test_late_answers(peer, programs, pki, wishes):
    """TLS 1.2: sotto answers late: choice of certificate, signature and verification of a required certificate."""
    demands = ("--client-auth", "required", "--roots", pki.roots, "--late")
    server = serve(programs, [pki.server(), pki.server("ecdsa_p384", OTHER_SERVER)], *demands)
    chosen = replace(wishes, server_name=OTHER_SERVER, credential=pki.client())
    connected = converse(peer.start_client(programs, server.port, chosen), server)
    assert connected["server_name"] == OTHER_SERVER
    assert "client ecdsa_p256" in connected["peer_subject"]


@pytest.mark.parametrize("suite", SUITES12[::2])
def test_bulk(peer, suite, programs, pki, wishes, payload, tmp_path):
    """TLS 1.2: four megabytes each way, compared by hash, with each cipher."""
    data = payload.read_bytes()
    received = tmp_path / "received"
    actions = (f"receive:{len(data)}", f"send:{payload}", "close", "drain")
    server = sotto.start_server(programs, [pki.server()], "--received", received, actions=actions)
    client = peer.start_client(programs, server.port, replace(wishes, suites=(suite,), extra=peer.BINARY))
    server.event("connected")
    client.write(data)
    client.wait_until(lambda: data in client.stdout, "all the data")
    if client.process.poll() is None:
        client.end_input()
    server.event("ended")
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data).digest()


def test_exporter(peer, programs, pki, wishes):
    """TLS 1.2: exported keying material is the same on both sides."""
    server = serve(programs, [pki.server()], "--export", "EXPORTER-interop")
    client = peer.start_client(programs, server.port, replace(wishes, export_label="EXPORTER-interop"))
    assert client.exported() == converse(client, server)["exported"]


def test_key_log(peer, programs, pki, wishes, tmp_path):
    """TLS 1.2: the key logs of both sides hold the same master secret."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    server = serve(programs, [pki.server()], "--keylog", ours)
    converse(peer.start_client(programs, server.port, replace(wishes, key_log=theirs)), server)
    assert secrets_in(ours, NAMES12) == secrets_in(theirs, NAMES12)


def test_truncation_by_sotto(peer, programs, pki, wishes):
    """TLS 1.2: the client tells a dropped transport from close_notify."""
    server = sotto.start_server(programs, [pki.server()], actions=("say:half a", "cut"))
    client = peer.start_client(programs, server.port, wishes)
    client.saw("half a")
    client.noticed_truncation()
    assert server.event("ended")["how"] == "cut"


def test_truncation_by_peer(peer, programs, pki, wishes):
    """TLS 1.2: sotto tells a dropped transport from close_notify: the client is killed."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, wishes)
    client.saw("welcome")
    client.say("half a")
    client.saw("half a")
    client.kill()
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("truncated", "truncated")


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
