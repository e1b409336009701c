"""TLS 1.2 without tickets: sessions that the server keeps and the client names; and the channel bindings of TLS 1.2."""

import re
from dataclasses import replace

import pytest

from support import gnutls, openssl, sotto
from support.talk import ACTIONS, serve, with_client, with_server


@pytest.mark.role("client")
@pytest.mark.parametrize("peer", [openssl])
@pytest.mark.parametrize("by", ["the client's wish", "the server's wish"])
def test_session_id_of_sotto(by, peer, programs, pki, client_wishes, tmp_path):
    """TLS 1.2: resumption by session identifier, with a client that takes no tickets or a sotto that gives none."""
    of_server = ("--tickets", 0) if by == "the server's wish" else ()
    of_client = ("-no_ticket",) if by == "the client's wish" else ()
    server = serve(programs, [pki.server()], "--connections", 2, *of_server)
    client = peer.resume(programs, server.port, tmp_path, replace(client_wishes, extra=of_client))
    assert not server.event("connected")["resumed"]
    assert with_client(client, server, 1)["resumed"]
    assert client.resumed()


@pytest.mark.role("client")
@pytest.mark.parametrize("peer", [gnutls])
def test_session_id_with_gnutls(peer, programs, pki, client_wishes, tmp_path):
    """TLS 1.2: resumption by session identifier, with a client that takes no tickets."""
    server = serve(programs, [pki.server()], "--connections", 2)
    client = peer.resume(programs, server.port, tmp_path, replace(client_wishes, extra=("--noticket",)))
    server.event("connected", 1)
    assert with_client(client, server, 1)["resumed"]
    assert client.resumed()


@pytest.mark.role("client")
@pytest.mark.parametrize("peer", [openssl])
def test_session_id_again_and_again(peer, programs, pki, client_wishes):
    """TLS 1.2: five reconnections in a row with one session identifier (-reconnect)."""
    server = serve(programs, [pki.server()], "--connections", 6)
    client = peer.start_client(programs, server.port, replace(client_wishes, extra=("-no_ticket", "-reconnect")))
    assert [server.event("connected", index)["resumed"] for index in range(6)] == [False] + 5 * [True]
    client.wait_until(lambda: len(re.findall(r"^Reused, TLSv1\.2", client.text, re.MULTILINE)) == 5, "five resumptions")


@pytest.mark.role("server")
@pytest.mark.parametrize("peer", [openssl, gnutls])
def test_session_id_of_server(peer, programs, pki, server_wishes):
    """TLS 1.2: resumption by session identifier, with a server that gives no tickets."""
    extra = ("-no_ticket",) if peer is openssl else ("--noticket",)
    server = peer.start_server(programs, replace(server_wishes, extra=extra))
    client = sotto.start_client(programs, server.port, pki.roots, "--connections", 2, actions=ACTIONS)
    assert not with_server(client, server)["resumed"]
    assert with_server(client, server, 1)["resumed"]


@pytest.mark.role("server")
@pytest.mark.parametrize("kind", ["rsa", "ecdsa_p256"])
@pytest.mark.parametrize("peer", [gnutls])
def test_channel_bindings_of_server(peer, kind, programs, pki, server_wishes):
    """TLS 1.2: tls-unique and tls-server-end-point are those that the server computes."""
    server = peer.start_server(programs, replace(server_wishes, credential=pki.server(kind)))
    client = sotto.start_client(programs, server.port, pki.roots, actions=ACTIONS)
    connected = with_server(client, server)
    for name, key in (("tls-unique", "tls_unique"), ("tls-server-end-point", "tls_server_end_point")):
        assert server.wait_for(rf"'{name}': ([0-9a-f]+)").group(1).upper() == connected[key]


@pytest.mark.role("client")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("peer", [gnutls])
def test_channel_bindings_of_client(peer, version, programs, pki, client_wishes):
    """The channel bindings are those that the client computes: tls-server-end-point, and tls-unique in TLS 1.2."""
    server = serve(programs, [pki.server()])
    client = peer.start_client(programs, server.port, replace(client_wishes, version=version, extra=("--verbose",)))
    connected = with_client(client, server)
    for name, key in (("tls-unique", "tls_unique"), ("tls-server-end-point", "tls_server_end_point")):
        if version == "1.3" and key == "tls_unique":
            assert key not in connected
            continue
        assert client.wait_for(rf"'{name}': ([0-9a-f]+)").group(1).upper() == connected[key]
