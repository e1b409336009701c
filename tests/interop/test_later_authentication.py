"""TLS 1.3: the client's certificate, asked for after the handshake; and its refusal, which comes late."""

import pytest

from support import openssl, sotto
from support.talk import LINE
from support.wishes import Wishes

PEER = openssl


@pytest.mark.role("client")
@pytest.mark.parametrize("late", [(), ("--late",)], ids=["at once", "late"])
@pytest.mark.parametrize("mode", ["optional", "required"])
def test_certificate_after_the_handshake(mode, late, programs, pki):
    """sotto asks for the client's certificate after the request has come, without a new handshake."""
    demands = ("--client-auth", "on-request", "--roots", pki.roots, *late)
    asking = ("say:welcome", f"receive:{len('please') + 1}", f"ask:{mode}", "renegotiated:1", "say:granted", "drain")
    server = sotto.start_server(programs, [pki.server()], *demands, actions=asking)
    wishes = Wishes(roots=pki.roots, credential=pki.client("rsa"), extra=("-enable_pha",))
    client = openssl.start_client(programs, server.port, wishes)
    assert server.event("connected")["peer_subject"] == ""
    client.saw("welcome")
    client.say("please")
    client.saw("granted")
    assert "client rsa" in server.event("authenticated")["peer_subject"]
    client.quit()
    server.closed_well()


@pytest.mark.role("server")
@pytest.mark.parametrize("late", [(), ("--late",)], ids=["at once", "late"])
def test_server_asks_after_the_handshake(late, programs, pki):
    """A server asks for sotto's certificate after the handshake."""
    server = openssl.start_server(programs, Wishes(roots=pki.roots, credential=pki.server()))
    answered = f"receive:{len(LINE) + 1}"
    actions = (f"say:{LINE}", answered, "renegotiated:1", "say:after", "close", "drain")
    arguments = ("--later-auth", *late, *sotto.credential_arguments(pki.client("ecdsa_p256")))
    client = sotto.start_client(programs, server.port, pki.roots, *arguments, actions=actions)
    server.answer(LINE)
    client.done(answered)
    server.write("c\n")
    server.wait_for("client ecdsa_p256")
    server.saw("after")
    client.closed_well()


@pytest.mark.role("server")
def test_late_refusal(programs, pki):
    """A client certificate refused by the server after sotto's handshake is done, and reported as exactly that."""
    # The server's roots are its own certificate, so it trusts no client.
    wishes = Wishes(
        roots=pki.server("ed25519").certificate, credential=pki.server(), require_client_certificate=True
    )
    server = openssl.start_server(programs, wishes)
    arguments = ("--late", *sotto.credential_arguments(pki.client("ecdsa_p256")))
    client = sotto.start_client(programs, server.port, pki.roots, *arguments, actions=("drain",))
    client.event("connected")
    ended = client.event("ended")
    assert (ended["code"], ended["alert"]) == ("peer_alert", "unknown_ca")
    assert "the server refused the client certificate" in ended["message"]
