"""What only OpenSSL's programs can be told to do: shapes of records, certificates by name, and more."""

import hashlib
import re

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


EARLY = "said before the handshake was done"


@pytest.mark.role("client")
@pytest.mark.parametrize("late", [(), ("--late",)], ids=["at once", "late"])
def test_early_data_from_client(late, programs, pki, tmp_path):
    """Early data: accepted, and rejected when the same session is used again."""
    early, session = tmp_path / "early", tmp_path / "session.pem"
    early.write_text(EARLY + "\n")
    demands = ("--connections", 3, "--early-data", *late)
    server = sotto.start_server(programs, [pki.server()], *demands, actions=("say:welcome", "echo"))
    openssl.leave_with_ticket(programs, server.port, session, Wishes(roots=pki.roots))
    client = openssl.start_client(
        programs, server.port, Wishes(roots=pki.roots, extra=("-sess_in", session, "-early_data", early))
    )
    client.wait_for("Early data was accepted")
    client.saw("welcome")
    client.say("after the handshake")
    client.saw("after the handshake")
    client.quit()
    connected = server.event("connected", 1)
    assert (connected["early_data"], connected["early_received"]) == ("accepted", EARLY + "\n")
    assert "EndOfEarlyData" in server.closed_well(1)["heard"]


@pytest.mark.role("client")
def test_early_data_after_retry(programs, pki, tmp_path):
    """Early data is rejected where another key share is needed."""
    early, session = tmp_path / "early", tmp_path / "session.pem"
    early.write_text(EARLY + "\n")
    demands = ("--connections", 2, "--early-data", "--groups", "secp384r1")
    server = sotto.start_server(programs, [pki.server()], *demands, actions=("say:welcome", "echo"))
    wishes = Wishes(roots=pki.roots, groups=("x25519", "secp384r1"))
    openssl.leave_with_ticket(programs, server.port, session, wishes)
    client = openssl.start_client(
        programs, server.port, Wishes(**{**vars(wishes), "extra": ("-sess_in", session, "-early_data", early)})
    )
    client.wait_for("Early data was rejected")
    client.saw("welcome")
    client.quit()
    connected = server.event("connected", 1)
    assert (connected["early_data"], connected["early_received"]) == ("hello_retry_request", "")


@pytest.mark.role("server")
def test_early_data_to_server(programs, pki):
    """Early data: accepted by the server, which answers it."""
    server = openssl.start_server(programs, Wishes(credential=pki.server(), extra=("-early_data",)))
    demands = ("--connections", 2, "--early-data", "--early-say", EARLY + "\n")
    client = sotto.start_client(programs, server.port, pki.roots, *demands, actions=("ticket:1", *ACTIONS))
    assert client.event("connected")["early_data"] == "no_session_offered"
    server.answer(LINE)
    client.closed_well()
    assert client.event("connected", 1)["early_data"] == "accepted"
    server.wait_for("Early data received:")
    server.saw(EARLY)
    server.wait_until(lambda: server.text.count(LINE) == 2, "the line of the second connection")
    server.say(LINE)
    assert "EndOfEarlyData" in client.closed_well(1)["said"]


@pytest.mark.role("server")
def test_early_data_refused_by_server(programs, pki):
    """Early data that the server rejects although its ticket allowed it."""
    extra = ("-early_data", "-recv_max_early_data", 16384)
    server = openssl.start_server(programs, Wishes(credential=pki.server(), groups=("secp384r1", "x25519"), extra=extra))
    demands = ("--connections", 2, "--early-data", "--early-say", EARLY + "\n", "--key-shares", "secp256r1")
    client = sotto.start_client(programs, server.port, pki.roots, *demands, actions=("ticket:1", *ACTIONS))
    server.answer(LINE)
    client.closed_well()
    assert client.event("connected", 1)["early_data"] == "hello_retry_request"
    server.wait_until(lambda: server.text.count(LINE) == 2, "the line of the second connection")
    server.say(LINE)
    client.closed_well(1)


PSK = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


@pytest.mark.role("client")
@pytest.mark.parametrize("certificate", [True, False], ids=["beside a certificate", "alone"])
def test_external_psk_from_client(certificate, programs, pki):
    """A pre-shared key instead of certificates."""
    credentials = [pki.server()] if certificate else []
    server = sotto.start_server(programs, credentials, "--psk", f"plain:sha256:somebody:{PSK}", actions=("echo",))
    extra = ("-psk", PSK, "-psk_identity", "somebody")
    client = openssl.start_client(programs, server.port, Wishes(extra=extra))
    client.say(LINE)
    client.saw(LINE)
    client.quit()
    connected = server.event("connected")
    assert connected["external_psk"] == "somebody" and not connected["resumed"]
    assert connected["peer_authenticated"] == 'by the pre-shared key "somebody"'
    server.closed_well()


@pytest.mark.role("server")
def test_external_psk_to_server(programs, pki):
    """A pre-shared key instead of certificates, with the server."""
    extra = ("-nocert", "-psk", PSK, "-psk_identity", "somebody")
    server = openssl.start_server(programs, Wishes(extra=extra))
    client = sotto.start_client(
        programs, server.port, pki.roots, "--psk", f"plain:sha256:somebody:{PSK}", actions=ACTIONS
    )
    assert client.event("connected")["external_psk"] == "somebody"
    server.answer(LINE)
    client.closed_well()


@pytest.mark.role("client")
def test_wrong_external_psk(programs, pki):
    """A known identity with another key is refused with decrypt_error."""
    server = sotto.start_server(programs, [pki.server()], "--psk", f"plain:sha256:somebody:{PSK}", actions=("echo",))
    extra = ("-psk", PSK[2:] + "ff", "-psk_identity", "somebody")
    client = openssl.start_client(programs, server.port, Wishes(extra=extra))
    assert server.event("ended")["code"] == "bad_binder"
    client.got_alert("decrypt_error")


@pytest.mark.role("server")
def test_early_data_of_sotto_connect(programs, pki, tmp_path):
    """`sotto connect --early-data`: said after the first handshake, and early with the second."""
    early, session = tmp_path / "early", tmp_path / "session"
    early.write_text(EARLY + "\n")
    server = openssl.start_server(programs, Wishes(credential=pki.server(), extra=("-early_data",)))
    command = [sotto.SOTTO, "connect", f"127.0.0.1:{server.port}", "--servername", "server.test", "--roots", pki.roots]
    for fact in ("not offered (no_session_offered)", "accepted"):
        client = programs.start([*command, "--resume", session, "--early-data", early])
        client.wait_for(rf"early data +{re.escape(fact)}")
        if fact == "accepted":
            server.wait_for("Early data received:")
        server.wait_until(lambda: server.text.count(EARLY) == (2 if fact == "accepted" else 1), "the early words")
        server.say("an answer")
        client.wait_for("an answer")
        client.end_input()
        assert client.wait() == 0, client.text
