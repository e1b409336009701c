"""OpenSSL's and GnuTLS's clients connect to a sotto server."""

import hashlib
from dataclasses import replace

import pytest

from support import sotto
from support.pki import KEY_KINDS, OTHER_SERVER
from support.secrets import secrets_in
from support.talk import serve
from support.talk import with_client as converse
from support.wishes import BULK, GROUPS, SUITES, Wishes, both_versions, other_group

pytestmark = pytest.mark.role("client")


@pytest.fixture
def wishes(pki, version):
    return Wishes(roots=pki.roots, version=version)


@pytest.mark.parametrize("suite", SUITES)
def test_suite(peer, suite, programs, pki, wishes):
    """Each cipher suite, the only one the client offers."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, replace(wishes, suites=(suite,)))
    connected = converse(client, server)
    assert connected["suite"] == client.suite() == suite
    assert connected["version"] == "TLS 1.3"


@pytest.mark.parametrize("group", GROUPS)
def test_group(peer, group, programs, pki, wishes):
    """Each group, the only one the client offers."""
    server = serve(programs, [pki.server()])
    connected = converse(peer.start_client(programs, server.port, replace(wishes, groups=(group,))), server)
    assert connected["group"] == group
    assert not connected["hello_retried"]


@pytest.mark.parametrize("group", GROUPS)
def test_hello_retry(peer, group, programs, pki, wishes):
    """HelloRetryRequest: the client's one key share is for a group the server does not take."""
    server = serve(programs, [pki.server()], "--groups", group)
    client = peer.start_client(programs, server.port, replace(wishes, groups=(other_group(group), group)))
    connected = converse(client, server)
    assert connected["group"] == group
    assert connected["hello_retried"]


@pytest.mark.parametrize("suite", SUITES)
def test_resumption(peer, suite, programs, pki, wishes, tmp_path):
    """Resumption by ticket, with each cipher suite."""
    server = serve(programs, [pki.server()], "--connections", 2)
    client = peer.resume(programs, server.port, tmp_path, replace(wishes, suites=(suite,)))
    server.event("connected", 1)
    assert converse(client, server, 1)["resumed"]
    assert client.resumed()
    assert not server.event("connected", 0)["resumed"]


def test_resumption_through_hello_retry(peer, programs, pki, wishes, tmp_path):
    """Resumption and HelloRetryRequest in one handshake: the binder covers both hellos."""
    server = serve(programs, [pki.server()], "--groups", "secp384r1", "--connections", 2)
    client = peer.resume(programs, server.port, tmp_path, replace(wishes, groups=("x25519", "secp384r1")))
    connected = converse(client, server, 1)
    assert connected["resumed"] and connected["hello_retried"]


@both_versions
@pytest.mark.parametrize("kind", KEY_KINDS)
def test_server_key(peer, version, kind, programs, pki, wishes):
    """Each kind of server key."""
    server = serve(programs, [pki.server(kind)])
    connected = converse(peer.start_client(programs, server.port, wishes), server)
    assert connected["version"] == f"TLS {version}"
    assert connected["scheme"] == KEY_KINDS[kind][1]


@both_versions
def test_intermediate(peer, programs, pki, wishes):
    """A server chain with an intermediate."""
    server = serve(programs, [pki.chained_server()])
    converse(peer.start_client(programs, server.port, wishes), server)


@both_versions
@pytest.mark.parametrize("kind", KEY_KINDS)
def test_client_certificate(peer, kind, programs, pki, wishes):
    """A required client certificate, each kind of key."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    client = peer.start_client(programs, server.port, replace(wishes, credential=pki.client(kind)))
    connected = converse(client, server)
    assert f"client {kind}" in connected["peer_subject"]


@both_versions
def test_distrusted_server(peer, programs, pki, wishes):
    """A client that does not trust the server's root says so, and sotto repeats it."""
    server = serve(programs, [pki.server()])
    peer.start_client(programs, server.port, replace(wishes, roots=pki.foreign_root.certificate))
    ended = server.event("ended")
    assert (ended["how"], ended["code"], ended["alert"]) == ("failed", "peer_alert", peer.ALERT_OF_DISTRUST)


def test_missing_client_certificate(peer, programs, pki, wishes):
    """A client without the required certificate is refused."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    client = peer.start_client(programs, server.port, wishes)
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_missing")
    client.got_alert("certificate_required")


@both_versions
def test_untrusted_client_certificate(peer, programs, pki, wishes):
    """A client whose certificate comes from an unknown root is refused."""
    server = serve(programs, [pki.server()], "--client-auth", "required", "--roots", pki.roots)
    stranger = pki.client(root=pki.foreign_root)
    client = peer.start_client(programs, server.port, replace(wishes, credential=stranger))
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "certificate_untrusted")
    assert not server.events("connected")
    client.got_alert("unknown_ca")


@pytest.mark.parametrize("which", ["ours", "both"])
def test_key_update_by_peer(peer, which, programs, pki, wishes):
    """KeyUpdate sent by the client, its own keys or both."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, wishes)
    client.saw("welcome")
    client.say("before")
    client.saw("before")
    client.update_keys(which)
    client.say("after")
    client.saw("after")
    client.quit()
    ended = server.closed_well()
    assert ended["key_updates"] == 1
    assert ended["said"].count("KeyUpdate") == (1 if which == "both" else 0)


@pytest.mark.parametrize("which", ["ours", "both"])
def test_key_update_by_sotto(peer, which, programs, pki, wishes):
    """KeyUpdate sent by sotto, its own keys or both."""
    # Between the two updates the client speaks, so it owes a reply to each.
    first, second = ("say:before", f"update:{which}", "say:after"), (f"update:{which}", "say:finally", "echo")
    server = sotto.start_server(programs, [pki.server()], actions=(*first, "receive:6", *second))
    client = peer.start_client(programs, server.port, wishes)
    client.saw("before")
    client.saw("after")
    client.say("reply")
    client.saw("finally")
    client.say("a line from the client")
    client.saw("a line from the client")
    client.quit()
    ended = server.closed_well()
    assert ended["said"].count("KeyUpdate") == 2
    assert ended["key_updates"] == (2 if which == "both" else 0)


@both_versions
def test_alpn(peer, programs, pki, wishes):
    """ALPN: the server's preference among what the client offers."""
    server = serve(programs, [pki.server()], "--alpn", "h2,http/1.1")
    client = peer.start_client(programs, server.port, replace(wishes, alpn=("spdy/1", "http/1.1", "h2")))
    assert converse(client, server)["alpn"] == "h2"
    assert client.alpn() == "h2"


@both_versions
def test_no_common_alpn(peer, programs, pki, wishes):
    """A client with no application protocol in common is refused."""
    server = serve(programs, [pki.server()], "--alpn", "h2")
    client = peer.start_client(programs, server.port, replace(wishes, alpn=("spdy/1",)))
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "no_common_application_protocol")
    client.got_alert("no_application_protocol")


@both_versions
@pytest.mark.parametrize("name", ["server.test", OTHER_SERVER])
def test_certificate_by_name(peer, name, programs, pki, wishes):
    """The certificate chosen by SNI among two."""
    server = serve(programs, [pki.server(), pki.server("ed25519", OTHER_SERVER)])
    connected = converse(peer.start_client(programs, server.port, replace(wishes, server_name=name)), server)
    assert connected["server_name"] == name
    assert connected["scheme"] == ("ed25519" if name == OTHER_SERVER else "ecdsa_secp256r1_sha256")


@both_versions
def test_late_answers(peer, programs, pki, wishes):
    """sotto answers late: choice of certificate, signature and verification of a required certificate."""
    demands = ("--client-auth", "required", "--roots", pki.roots, "--late")
    server = serve(programs, [pki.server(), pki.server("ed25519", OTHER_SERVER)], *demands)
    chosen = replace(wishes, server_name=OTHER_SERVER, credential=pki.client())
    connected = converse(peer.start_client(programs, server.port, chosen), server)
    assert connected["server_name"] == OTHER_SERVER
    assert "client ecdsa_p256" in connected["peer_subject"]


@pytest.mark.parametrize("version, suite", BULK)
def test_bulk(peer, suite, programs, pki, wishes, payload, tmp_path):
    """Four megabytes each way, compared by hash, with each cipher."""
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


@both_versions
def test_exporter(peer, programs, pki, wishes):
    """Exported keying material is the same on both sides."""
    server = serve(programs, [pki.server()], "--export", "EXPORTER-interop")
    client = peer.start_client(programs, server.port, replace(wishes, export_label="EXPORTER-interop"))
    assert client.exported() == converse(client, server)["exported"]


@both_versions
def test_key_log(peer, version, programs, pki, wishes, tmp_path):
    """The key logs of both sides hold the same secrets."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    server = serve(programs, [pki.server()], "--keylog", ours)
    converse(peer.start_client(programs, server.port, replace(wishes, key_log=theirs)), server)
    assert secrets_in(ours, version) == secrets_in(theirs, version)


@both_versions
def test_truncation_by_sotto(peer, programs, pki, wishes):
    """The client tells a dropped transport from close_notify."""
    server = sotto.start_server(programs, [pki.server()], actions=("say:half a", "cut"))
    client = peer.start_client(programs, server.port, wishes)
    client.saw("half a")
    client.noticed_truncation()
    assert server.event("ended")["how"] == "cut"


@both_versions
def test_truncation_by_peer(peer, programs, pki, wishes):
    """sotto tells a dropped transport from close_notify: the client is killed."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, wishes)
    client.saw("welcome")
    client.say("half a")
    client.saw("half a")
    client.kill()
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("truncated", "truncated")


@pytest.mark.parametrize("how", [("--pad", 1024), ("--fragment", 64), ("--no-middlebox",)], ids=lambda how: how[0].strip("-"))
def test_shape_of_records(peer, how, programs, pki, wishes):
    """Records as sotto can shape them: padded, tiny, without change_cipher_spec."""
    server = serve(programs, [pki.server("rsa")], *how)
    client = peer.start_client(programs, server.port, wishes)
    converse(client, server)
    # Middlebox compatibility is the client's to ask for: a server answers in kind, unless told not to.
    said_change_cipher_spec = "change_cipher_spec" in server.event("ended")["said"]
    assert said_change_cipher_spec == (how != ("--no-middlebox",))
