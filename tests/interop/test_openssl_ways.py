"""What only OpenSSL's programs can be told to do: shapes of records, certificates by name, and more."""

import hashlib

import pytest

from support import openssl, sotto
from support.pki import OTHER_SERVER
from support.talk import ACTIONS, LINE
from support.wishes import Wishes

PEER = openssl

SHAPES = {
    "padded records": ("-record_padding", 1024),
    "records of 512 octets": ("-max_send_frag", 512),
    "split records": ("-split_send_frag", 512, "-max_send_frag", 1024),
    "no change_cipher_spec": ("-no_middlebox",),
}

OBSOLETE = ("1.1", "1.0")


@pytest.fixture(scope="module")
def small_payload(payload, tmp_path_factory):
    """Enough to fill many records of any shape."""
    file = tmp_path_factory.mktemp("small") / "payload"
    file.write_bytes(payload.read_bytes()[: 300 * 1000])
    return file


@pytest.mark.role("client")
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_records_from_client(shape, programs, pki, small_payload, tmp_path):
    """Records as the client can shape them, with a client certificate and 300 kB of data."""
    data, received = small_payload.read_bytes(), tmp_path / "received"
    demands = ("--client-auth", "required", "--roots", pki.roots, "--received", received)
    server = sotto.start_server(programs, [pki.server()], *demands, actions=(f"receive:{len(data)}", "say:thanks", "close"))
    wishes = Wishes(roots=pki.roots, credential=pki.client("rsa"), extra=(*SHAPES[shape], *openssl.BINARY))
    client = openssl.start_client(programs, server.port, wishes)
    server.event("connected")
    client.write(data)
    client.saw("thanks")
    assert server.event("ended")["received"] == len(data)
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data).digest()


@pytest.mark.role("server")
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_records_from_server(shape, programs, pki, small_payload, tmp_path):
    """Records as the server can shape them, with an RSA certificate and 300 kB of data."""
    data, received = small_payload.read_bytes(), tmp_path / "received"
    wishes = Wishes(credential=pki.server("rsa"), extra=(*SHAPES[shape], *openssl.BINARY))
    server = openssl.start_server(programs, wishes)
    actions = ("say:please", f"receive:{len(data)}", "close")
    client = sotto.start_client(programs, server.port, pki.roots, "--received", received, actions=actions)
    server.saw("please")
    server.write(data)
    assert client.event("ended")["received"] == len(data)
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data).digest()


@pytest.mark.role("server")
@pytest.mark.parametrize("name", ["server.test", OTHER_SERVER])
def test_certificate_by_name(name, programs, pki):
    """The certificate the server chooses by SNI among two."""
    other = pki.server("ed25519", OTHER_SERVER)
    by_name = ("-servername", OTHER_SERVER, "-cert2", other.certificate, "-key2", other.key)
    server = openssl.start_server(programs, Wishes(credential=pki.server(), extra=by_name))
    client = sotto.start_client(programs, server.port, pki.roots, name=name, actions=ACTIONS)
    assert name in client.event("connected")["peer_subject"]
    server.answer(LINE)
    client.closed_well()


@pytest.mark.role("server")
@pytest.mark.parametrize("which", ["ours", "both"])
def test_key_update_by_server(which, programs, pki):
    """KeyUpdate sent by the server, its own keys or both."""
    server = openssl.start_server(programs, Wishes(credential=pki.server()))
    size = len("before\n") + len(LINE) + 1
    actions = ("say:before", "receive:7", "updates:1", f"say:{LINE}", f"receive:{size}", "close", "drain")
    client = sotto.start_client(programs, server.port, pki.roots, actions=actions)
    server.answer("before")
    client.done("receive:7")  # so the server's answer was sent before its next command is read
    server.update_keys(which)
    server.answer(LINE)
    ended = client.closed_well()
    assert ended["key_updates"] == 1
    assert ended["said"].count("KeyUpdate") == (1 if which == "both" else 0)


@pytest.mark.role("client")
@pytest.mark.parametrize("version", OBSOLETE)
def test_obsolete_versions(version, programs, pki):
    """A client that knows only TLS 1.1 or TLS 1.0 is refused with protocol_version."""
    server = sotto.start_server(programs, [pki.server()], actions=("echo",))
    wishes = Wishes(roots=pki.roots, version=version, extra=("-cipher", "ALL:@SECLEVEL=0"))
    client = openssl.start_client(programs, server.port, wishes)
    assert server.event("ended")["code"] in ("unsupported_version", "obsolete_version")
    client.got_alert("protocol_version")


@pytest.mark.role("server")
@pytest.mark.parametrize("version", OBSOLETE)
def test_obsolete_server(version, programs, pki):
    """A server that knows only TLS 1.1 or TLS 1.0 refuses what sotto offers, and sotto says what the server said."""
    wishes = Wishes(credential=pki.server(), version=version, extra=("-cipher", "ALL:@SECLEVEL=0"))
    server = openssl.start_server(programs, wishes)
    ended = sotto.start_client(programs, server.port, pki.roots, actions=ACTIONS).event("ended")
    assert (ended["how"], ended["code"], ended["alert"]) == ("failed", "peer_alert", "protocol_version")


@pytest.mark.role("client")
def test_resumed_again_and_again(programs, pki, tmp_path):
    """Three connections in a row, each resumed with the ticket of the one before."""
    server = sotto.start_server(programs, [pki.server()], "--connections", 4, actions=("say:welcome", "echo"))
    client = openssl.resume(programs, server.port, tmp_path, Wishes(roots=pki.roots))
    for index in (1, 2, 3):
        if index > 1:
            client = openssl.resume_again(programs, server.port, tmp_path, Wishes(roots=pki.roots))
        client.saw("welcome")
        client.say("on connection %d" % index)
        client.saw("on connection %d" % index)
        client.quit()
        server.closed_well(index)
        assert server.event("connected", index)["resumed"] and client.resumed()


@pytest.mark.role("server")
def test_channel_binding(programs, pki):
    """The tls-exporter channel binding is what the server exports under that label."""
    label = "EXPORTER-Channel-Binding"
    server = openssl.start_server(programs, Wishes(credential=pki.server(), export_label=label))
    client = sotto.start_client(programs, server.port, pki.roots, actions=ACTIONS)
    assert client.event("connected")["channel_binding"] == server.exported()
    server.answer(LINE)
    client.closed_well()


@pytest.mark.role("client")
@pytest.mark.parametrize("groups", [("x25519",), ("x25519", "secp384r1")], ids=["at once", "after a retry"])
def test_early_data_is_skipped(groups, programs, pki, tmp_path):
    """Early data under another server's ticket: skipped, and the handshake starts afresh."""
    session, early = tmp_path / "session.pem", tmp_path / "early"
    early.write_text("data that came too early\n" * 100)
    stranger = openssl.start_server(programs, Wishes(credential=pki.server(), extra=("-early_data",)))
    openssl.leave_with_ticket(programs, stranger.port, session, Wishes(roots=pki.roots))

    server = sotto.start_server(programs, [pki.server()], "--groups", groups[-1], actions=("say:welcome", "echo"))
    extra = ("-sess_in", session, "-early_data", early)
    client = openssl.start_client(programs, server.port, Wishes(roots=pki.roots, groups=groups, extra=extra))
    client.wait_for("Early data was rejected")
    client.saw("welcome")
    client.say("a line from the client")
    client.saw("a line from the client")
    client.quit()
    assert server.closed_well()["received"] == len("a line from the client\n")
    connected = server.event("connected")
    assert not connected["resumed"] and connected["hello_retried"] == (len(groups) == 2)
