"""A sotto client connects to OpenSSL's and GnuTLS's servers."""

import hashlib
from dataclasses import replace

import pytest

from support import sotto
from support.pki import KEY_KINDS
from support.secrets import secrets_in
from support.talk import LINE
from support.talk import with_server as converse
from support.wishes import BULK, GROUPS, SUITES, Wishes, both_versions, other_group

pytestmark = pytest.mark.role("server")


@pytest.fixture
def wishes(pki, version):
    return Wishes(credential=pki.server(), version=version)


@pytest.mark.parametrize("suite", SUITES)
def test_suite(peer, suite, programs, call, wishes):
    """Each cipher suite, the only one the server takes."""
    server = peer.start_server(programs, replace(wishes, suites=(suite,)))
    connected = converse(call(server), server)
    assert connected["suite"] == server.suite() == suite
    assert connected["version"] == "TLS 1.3"


@pytest.mark.parametrize("group", GROUPS)
def test_group(peer, group, programs, call, wishes):
    """Each group, the only one the server takes."""
    server = peer.start_server(programs, replace(wishes, groups=(group,)))
    connected = converse(call(server, "--groups", group), server)
    assert connected["group"] == group
    assert not connected["hello_retried"]


@pytest.mark.parametrize("group", GROUPS)
def test_hello_retry(peer, group, programs, call, wishes):
    """HelloRetryRequest: sotto's one key share is for a group the server does not take."""
    first = other_group(group)
    server = peer.start_server(programs, replace(wishes, groups=(group,)))
    connected = converse(call(server, "--groups", f"{first},{group}", "--key-shares", first), server)
    assert connected["group"] == group
    assert connected["hello_retried"]


RESUMING = (f"say:{LINE}", f"receive:{len(LINE) + 1}", "ticket:1", "close", "drain")


@pytest.mark.parametrize("suite", SUITES)
def test_resumption(peer, suite, programs, call, wishes):
    """Resumption by ticket, with each cipher suite."""
    server = peer.start_server(programs, replace(wishes, suites=(suite,)))
    client = call(server, "--connections", 2, actions=RESUMING)
    assert not converse(client, server)["resumed"]
    assert converse(client, server, 1)["resumed"]


def test_resumption_through_hello_retry(peer, programs, call, wishes):
    """Resumption and HelloRetryRequest in one handshake: the binder covers both hellos."""
    server = peer.start_server(programs, replace(wishes, groups=("secp384r1",)))
    groups = ("--groups", "x25519,secp384r1", "--key-shares", "x25519")
    client = call(server, *groups, "--connections", 2, actions=RESUMING)
    converse(client, server)
    connected = converse(client, server, 1)
    assert connected["resumed"] and connected["hello_retried"]


@both_versions
@pytest.mark.parametrize("kind", KEY_KINDS)
def test_server_key(peer, version, kind, programs, pki, call, wishes):
    """Each kind of server key."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(kind)))
    connected = converse(call(server), server)
    assert connected["version"] == f"TLS {version}"
    assert family(connected["scheme"], version) == family(KEY_KINDS[kind][1], version)
    assert "server.test" in connected["peer_subject"]


def family(scheme, version):
    """The scheme without what the signer is free to choose: the hash; RFC 8446, 4.2.3: for ECDSA in TLS 1.2 no curve is meant."""
    if scheme.startswith("ecdsa") and version == "1.2":
        return "ecdsa"
    return scheme.rsplit("_", 1)[0] if scheme.startswith("rsa_pss_rsae") else scheme


@both_versions
def test_intermediate(peer, programs, pki, call, wishes):
    """A server chain with an intermediate."""
    server = peer.start_server(programs, replace(wishes, credential=pki.chained_server()))
    converse(call(server), server)


@both_versions
@pytest.mark.parametrize("kind", KEY_KINDS)
def test_client_certificate(peer, kind, programs, pki, call, wishes):
    """A required client certificate, each kind of key."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    converse(call(server, *sotto.credential_arguments(pki.client(kind))), server)
    server.wait_for(f"client {kind}")


def test_missing_client_certificate(peer, programs, pki, call, wishes):
    """sotto without the required client certificate is refused, and says what the server said."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    ended = call(server, actions=("drain",)).event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "peer_alert")
    assert ended["alert"] == "certificate_required"


@both_versions
def test_untrusted_server(peer, programs, pki, call, wishes):
    """A server whose certificate comes from an unknown root is refused."""
    server = peer.start_server(programs, replace(wishes, credential=pki.server(root=pki.foreign_root)))
    ended = call(server).event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_untrusted")
    assert ended["alert"] == "unknown_ca"
    server.got_alert("unknown_ca")


@both_versions
def test_wrong_name(peer, programs, call, wishes):
    """A server whose certificate is for another name is refused."""
    server = peer.start_server(programs, wishes)
    ended = call(server, name="elsewhere.test").event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_wrong_name")
    assert ended["alert"] == "bad_certificate"
    server.got_alert("bad_certificate")


@pytest.mark.parametrize("which", ["ours", "both"])
def test_key_update_by_sotto(peer, which, programs, call, wishes):
    """KeyUpdate sent by sotto, its own keys or both."""
    size = len("before\n") + len(LINE) + 1
    actions = ("say:before", "receive:7", f"update:{which}", f"say:{LINE}", f"receive:{size}", "close", "drain")
    server = peer.start_server(programs, wishes)
    client = call(server, actions=actions)
    server.answer("before")
    server.answer(LINE)
    ended = client.closed_well()
    assert ended["said"].count("KeyUpdate") == 1
    assert ended["key_updates"] == (1 if which == "both" else 0)


@both_versions
def test_alpn(peer, programs, call, wishes):
    """ALPN: the server's choice among what sotto offers."""
    server = peer.start_server(programs, replace(wishes, alpn=("http/1.1",)))
    connected = converse(call(server, "--alpn", "h2,http/1.1"), server)
    assert connected["alpn"] == server.alpn() == "http/1.1"


@both_versions
def test_late_answers(peer, programs, pki, call, wishes):
    """sotto answers late: choice of certificate, signature and verification of a required certificate."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    converse(call(server, "--late", *sotto.credential_arguments(pki.client("ecdsa_p384"))), server)
    server.wait_for("client ecdsa_p384")


@pytest.mark.parametrize("version, suite", BULK)
def test_bulk(peer, suite, programs, call, wishes, payload, tmp_path):
    """Four megabytes each way, compared by hash, with each cipher."""
    data = payload.read_bytes()
    received = tmp_path / "received"
    server = peer.start_server(programs, replace(wishes, suites=(suite,), extra=peer.BINARY))
    actions = (f"send:{payload}", "say:", f"receive:{len(data) + 1}", "close")
    client = call(server, "--received", received, actions=actions)
    peer.send_back(server, data)
    ended = client.event("ended")
    assert ended["received"] == len(data) + 1, client.text
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data + b"\n").digest()


@both_versions
def test_exporter(peer, programs, call, wishes):
    """Exported keying material is the same on both sides."""
    server = peer.start_server(programs, replace(wishes, export_label="EXPORTER-interop"))
    connected = converse(call(server, "--export", "EXPORTER-interop"), server)
    assert connected["exported"] == server.exported()


@both_versions
def test_key_log(peer, version, programs, call, wishes, tmp_path):
    """The key logs of both sides hold the same secrets."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    server = peer.start_server(programs, replace(wishes, key_log=theirs))
    converse(call(server, "--keylog", ours), server)
    assert secrets_in(ours, version) == secrets_in(theirs, version)


@both_versions
def test_truncation_by_peer(peer, programs, call, wishes):
    """sotto tells a dropped transport from close_notify: the server is killed."""
    server = peer.start_server(programs, wishes)
    client = call(server, actions=("say:half a", "drain"))
    server.saw("half a")
    server.kill()
    ended = client.event("ended")
    assert (ended["how"], ended["code"]) == ("truncated", "truncated")


@pytest.mark.parametrize("how", [("--pad", 1024), ("--fragment", 64), ("--no-middlebox",)], ids=lambda how: how[0].strip("-"))
def test_shape_of_records(peer, how, programs, pki, call, wishes):
    """Records as sotto can shape them: padded, tiny, without change_cipher_spec."""
    server = peer.start_server(programs, replace(wishes, require_client_certificate=True, roots=pki.roots))
    client = call(server, *how, *sotto.credential_arguments(pki.client("rsa")))
    converse(client, server)
    said_change_cipher_spec = "change_cipher_spec" in client.event("ended")["said"]
    assert said_change_cipher_spec == (how != ("--no-middlebox",))
