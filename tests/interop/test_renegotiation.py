"""TLS 1.2 connections that are negotiated anew, by either side, with OpenSSL's and GnuTLS's programs in both roles."""

import hashlib
from dataclasses import replace

import pytest

from support import openssl, sotto
from support.talk import LINE
from support.wishes import Wishes

SUITES = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA")
FLAGS = ("--renegotiation",)


@pytest.fixture
def wishes(pki):
    return Wishes(roots=pki.roots, version="1.2")


def server_wishes(pki, *extra):
    return Wishes(credential=pki.server("rsa"), version="1.2", extra=extra)


def serve(programs, pki, *arguments, actions=("say:welcome", "echo")):
    return sotto.start_server(programs, [pki.server("rsa")], *FLAGS, *arguments, actions=actions)


def call(programs, pki, server, *arguments, actions):
    return sotto.start_client(programs, server.port, pki.roots, *FLAGS, *arguments, actions=actions)


@pytest.mark.role("client")
def test_client_starts(peer, programs, pki, wishes):
    """TLS 1.2: a client renegotiates, twice, and the conversation goes on."""
    server = serve(programs, pki)
    client = peer.start_client(programs, server.port, wishes)
    client.saw("welcome")
    for number in range(2):
        client.renegotiate()
        assert server.event("renegotiated", number)["version"] == "TLS 1.2"
        client.say(f"line {number}")
        client.saw(f"line {number}")
    client.quit()
    assert server.closed_well()["renegotiations"] == 2


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_server_of_ours_starts(suite, programs, pki, wishes, payload, tmp_path):
    """TLS 1.2: sotto as a server renegotiates in the middle of eight megabytes, compared by hash, as what comes back is."""
    data = payload.read_bytes()
    received = tmp_path / "received"
    half = ("--ciphersuites", suite, "--received", received)
    actions = (f"send:{payload}", "renegotiate", f"send:{payload}", "renegotiated:1", "say:done", f"receive:{len(data)}", "close")
    server = serve(programs, pki, *half, actions=actions)
    expected = data + data + b"done\n"
    name = openssl.name_of_suite12(suite) if "ECDHE" in suite else "AES128-SHA"
    if suite.endswith("CBC_SHA384"):
        name = "ECDHE-RSA-AES256-SHA384"
    client = openssl.start_client(programs, server.port, replace(wishes, extra=("-quiet", "-cipher", name)))
    # s_client cannot write while it renegotiates, which is over for it when it hears what comes behind our Finished.
    client.wait_until(lambda: len(client.stdout) >= len(expected), "all the data")
    client.write(data)
    ended = server.event("ended")
    assert (ended["received"], ended["renegotiations"]) == (len(data), 1)
    assert hashlib.sha256(received.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert hashlib.sha256(client.stdout).digest() == hashlib.sha256(expected).digest()


@pytest.mark.role("client")
@pytest.mark.parametrize("mode", ["optional", "required"])
def test_certificate_on_request(mode, programs, pki, wishes):
    """TLS 1.2: sotto asks for the client's certificate after the request has come."""
    asking = ("say:welcome", f"receive:{len('please') + 1}", f"ask:{mode}", "renegotiated:1", "say:granted", "drain")
    server = serve(programs, pki, "--client-auth", "on-request", "--roots", pki.roots, actions=asking)
    client = openssl.start_client(programs, server.port, replace(wishes, credential=pki.client("rsa")))
    assert server.event("connected")["peer_subject"] == ""
    client.saw("welcome")
    client.say("please")
    client.saw("granted")
    assert "client rsa" in server.event("renegotiated")["peer_subject"]
    client.quit()
    server.closed_well()


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_client_of_ours_starts(suite, programs, pki, payload, tmp_path):
    """TLS 1.2: sotto as a client renegotiates in the middle of eight megabytes, compared by hash."""
    data = payload.read_bytes()
    server = openssl.start_server(programs, server_wishes(pki, "-quiet", "-client_renegotiation"))
    actions = (f"send:{payload}", "renegotiate", f"send:{payload}", "renegotiated:1", "renegotiate", "renegotiated:2", "close")
    client = call(programs, pki, server, "--ciphersuites", suite, actions=actions)
    server.wait_until(lambda: len(server.stdout) >= 2 * len(data), "all the data")
    assert client.event("ended")["renegotiations"] == 2
    assert hashlib.sha256(server.stdout).digest() == hashlib.sha256(data + data).digest()


@pytest.mark.role("server")
def test_server_starts(programs, pki):
    """TLS 1.2: a server asks to renegotiate, and sotto does."""
    server = openssl.start_server(programs, server_wishes(pki))
    answered = f"receive:{len(LINE) + 1}"
    client = call(programs, pki, server, actions=(f"say:{LINE}", answered, "renegotiated:1", "say:after", "close", "drain"))
    server.answer(LINE)
    client.done(answered)
    server.ask_to_renegotiate()
    server.saw("after")
    assert client.event("renegotiated")["suite"] == client.event("connected")["suite"]
    assert client.event("ended")["how"] == "closed"


@pytest.mark.role("server")
def test_server_asks_for_a_certificate(programs, pki):
    """TLS 1.2: a server asks for sotto's certificate by renegotiation."""
    server = openssl.start_server(programs, replace(server_wishes(pki), roots=pki.roots))
    answered = f"receive:{len(LINE) + 1}"
    actions = (f"say:{LINE}", answered, "renegotiated:1", "say:after", "close", "drain")
    client = call(programs, pki, server, *sotto.credential_arguments(pki.client("ecdsa_p256")), actions=actions)
    server.answer(LINE)
    client.done(answered)
    server.write("R\n")
    server.wait_for("client ecdsa_p256")
    server.saw("after")
    assert client.event("ended")["renegotiations"] == 1


@pytest.mark.role("server")
def test_program_starts(programs, pki):
    """TLS 1.2: `sotto connect --policy legacy` renegotiates when R is typed."""
    server = openssl.start_server(programs, server_wishes(pki, "-client_renegotiation"))
    command = [sotto.SOTTO, "connect", f"localhost:{server.port}", "--servername", "server.test", "--roots", pki.roots]
    client = programs.start([*command, "--policy", "legacy", "--commands"])
    client.wait_for("authenticated")
    client.write("R\n")
    client.wait_for("Renegotiated, once: TLS_ECDHE_RSA")
    client.write("Really\n")
    server.saw("Really")
