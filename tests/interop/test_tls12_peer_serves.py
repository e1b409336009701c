"""A sotto client connects to OpenSSL's and GnuTLS's servers with TLS 1.2."""

import hashlib
from dataclasses import replace

import pytest

from support import sotto
from support.pki import KEY_KINDS
from support.secrets import NAMES12, secrets_in
from support.talk import ACTIONS, LINE
from support.talk import with_server as converse
from support.wishes import GROUPS, SUITES12, Wishes, key_for

pytestmark = pytest.mark.role("server")


@pytest.fixture
def wishes(pki):
    return Wishes(credential=pki.server(), version="1.2")


@pytest.fixture
def call(programs, pki):
    """Starts a sotto client that talks for a moment to the server it is given."""

    def start(server, *arguments, actions=ACTIONS, **options):
        return sotto.start_client(programs, server.port, pki.roots, *arguments, actions=actions, **options)

    return start


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


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_server_key(peer, kind, programs, pki, call, wishes):
    """TLS 1.2: each kind of server key."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(kind)))
    connected = converse(call(server), server)
    assert family(connected["scheme"]) == family(KEY_KINDS[kind][1])
    assert "server.test" in connected["peer_subject"]
    assert connected["version"] == "TLS 1.2"


def family(scheme):
    """The scheme without what the signer is free to choose: the hash; RFC 8446, 4.2.3: for ECDSA in TLS 1.2 no curve is meant."""
    if scheme.startswith("ecdsa"):
        return "ecdsa"
    return scheme.rsplit("_", 1)[0] if scheme.startswith("rsa_pss_rsae") else scheme


def test_intermediate(peer, programs, pki, call, wishes):
    """TLS 1.2: a server chain with an intermediate."""
    server = peer.start_server(programs, replace(wishes, credential=pki.chained_server()))
    assert converse(call(server), server)["version"] == "TLS 1.2"


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_client_certificate(peer, kind, programs, pki, call, wishes):
    """TLS 1.2: a required client certificate, each kind of key."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    converse(call(server, *sotto.credential_arguments(pki.client(kind))), server)
    server.wait_for(f"client {kind}")


def test_missing_client_certificate(peer, programs, pki, call, wishes):
    """TLS 1.2: sotto without the required client certificate is refused before it is established."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    client = call(server, actions=("drain",))
    ended = client.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "peer_alert")
    assert ended["alert"] == peer.ALERT_OF_MISSING_CERTIFICATE12
    assert not client.events("connected")


def test_untrusted_server(peer, programs, pki, call, wishes):
    """TLS 1.2: a server whose certificate comes from an unknown root is refused."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(root=pki.foreign_root)))
    ended = call(server).event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_untrusted")
    server.got_alert("unknown_ca")


def test_wrong_name(peer, programs, call, wishes):
    """TLS 1.2: a server whose certificate is for another name is refused."""
    server = peer.start_server(programs, wishes)
    ended = call(server, name="elsewhere.test").event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_wrong_name")
    server.got_alert("bad_certificate")


def test_alpn(peer, programs, call, wishes):
    """TLS 1.2: ALPN, the server's choice among what sotto offers."""
    server = peer.start_server(programs, replace(wishes, alpn=("http/1.1",)))
    connected = converse(call(server, "--alpn", "h2,http/1.1"), server)
    assert connected["alpn"] == server.alpn() == "http/1.1"


def test_late_answers(peer, programs, pki, call, wishes):
    """TLS 1.2: sotto answers late: choice of certificate, signature and verification of a required certificate."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    converse(call(server, "--late", *sotto.credential_arguments(pki.client("ecdsa_p384"))), server)
    server.wait_for("client ecdsa_p384")


@pytest.mark.parametrize("suite", SUITES12[::2])
def test_bulk(peer, suite, programs, call, wishes, payload, tmp_path):
    """TLS 1.2: four megabytes each way, compared by hash, with each cipher."""
    data = payload.read_bytes()
    received = tmp_path / "received"
    server = peer.start_server(programs, replace(wishes, suites=(suite,), extra=peer.BINARY))
    actions = (f"send:{payload}", "say:", f"receive:{len(data) + 1}", "close")
    client = call(server, "--received", received, actions=actions)
    peer.send_back(server, data)
    ended = client.event("ended")
    assert ended["received"] == len(data) + 1, client.text
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data + b"\n").digest()


def test_exporter(peer, programs, call, wishes):
    """TLS 1.2: exported keying material is the same on both sides."""
    server = peer.start_server(programs, replace(wishes, export_label="EXPORTER-interop"))
    connected = converse(call(server, "--export", "EXPORTER-interop"), server)
    assert connected["exported"] == server.exported()


def test_key_log(peer, programs, call, wishes, tmp_path):
    """TLS 1.2: the key logs of both sides hold the same master secret."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    server = peer.start_server(programs, replace(wishes, key_log=theirs))
    converse(call(server, "--keylog", ours), server)
    assert secrets_in(ours, NAMES12) == secrets_in(theirs, NAMES12)


def test_truncation_by_peer(peer, programs, call, wishes):
    """TLS 1.2: sotto tells a dropped transport from close_notify: the server is killed."""
    server = peer.start_server(programs, wishes)
    client = call(server, actions=("say:half a", "drain"))
    server.saw("half a")
    server.kill()
    ended = client.event("ended")
    assert (ended["how"], ended["code"]) == ("truncated", "truncated")


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
