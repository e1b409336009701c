"""TLS 1.2: what only GnuTLS's programs can be told to do."""

from dataclasses import replace

import pytest

from support import gnutls
from support.talk import serve, with_client, with_server

PEER = gnutls


@pytest.mark.role("client")
def test_without_extended_master_secret(programs, pki, client_wishes, tmp_path):
    """TLS 1.2: a client without an extended master secret is served, but nothing is resumed."""
    server = serve(programs, [pki.server()], "--connections", 2)
    client = gnutls.resume(programs, server.port, tmp_path, replace(client_wishes, words=("%NO_SESSION_HASH",)))
    server.event("connected", 1)
    assert not with_client(client, server, 1)["resumed"]
    assert not client.resumed() and "extended master secret" not in client.text


@pytest.mark.role("server")
def test_server_without_extended_master_secret(programs, call, server_wishes):
    """TLS 1.2: a server without an extended master secret is spoken to, but nothing is resumed."""
    server = gnutls.start_server(programs, replace(server_wishes, words=("%NO_SESSION_HASH",)))
    client = call(server, "--connections", 2)
    with_server(client, server)
    assert not with_server(client, server, 1)["resumed"]
    assert "extended master secret" not in server.text


@pytest.mark.role("client")
def test_no_secure_renegotiation(programs, pki, client_wishes):
    """TLS 1.2: a client that does not signal secure renegotiation is refused."""
    server = serve(programs, [pki.server()])
    words = ("%DISABLE_SAFE_RENEGOTIATION",)
    client = gnutls.start_client(programs, server.port, replace(client_wishes, words=words))
    assert server.event("ended")["code"] == "no_secure_renegotiation"
    client.got_alert("handshake_failure")


@pytest.mark.role("server")
def test_server_without_secure_renegotiation(programs, call, server_wishes):
    """TLS 1.2: a server that does not signal secure renegotiation is refused."""
    server = gnutls.start_server(programs, replace(server_wishes, words=("%DISABLE_SAFE_RENEGOTIATION",)))
    ended = call(server).event("ended")
    assert (ended["code"], ended["alert"]) == ("no_secure_renegotiation", "handshake_failure")
    server.got_alert("handshake_failure")


@pytest.mark.role("server")
def test_channel_binding(programs, call, server_wishes):
    """TLS 1.2: the tls-exporter channel binding is the one that the server computes."""
    server = gnutls.start_server(programs, server_wishes)
    binding = with_server(call(server), server)["channel_binding"]
    assert server.wait_for(r"'tls-exporter': ([0-9a-f]+)").group(1).upper() == binding
