"""TLS 1.2: what only OpenSSL's programs can be told to do, and what is refused."""

from dataclasses import replace

import pytest

from support import openssl, sotto
from support.meddler import Meddler
from support.talk import serve, with_client, with_server
from support.wishes import Wishes

PEER = openssl

PSS, PKCS1 = "RSA-PSS+SHA256", "RSA+SHA256"
SCHEMES = {PSS: "rsa_pss_rsae_sha256", PKCS1: "rsa_pkcs1_sha256", "RSA+SHA384": "rsa_pkcs1_sha384"}
# Suites of TLS 1.2 that sotto speaks under other policies alone.
REFUSED_SUITES = ("AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA")
SESSION_FILE = "session.pem"


@pytest.mark.role("client")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_rsa_scheme_of_server(scheme, programs, pki, client_wishes):
    """TLS 1.2: an RSA key signs with the one scheme that the client takes, PSS or PKCS#1 v1.5."""
    server = serve(programs, [pki.server("rsa")])
    client = openssl.start_client(programs, server.port, replace(client_wishes, extra=("-sigalgs", scheme)))
    connected = with_client(client, server)
    assert connected["scheme"] == SCHEMES[scheme]


@pytest.mark.role("server")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_rsa_scheme_of_peer(scheme, programs, call, server_wishes):
    """TLS 1.2: a server that signs with one scheme only, PSS or PKCS#1 v1.5."""
    server = openssl.start_server(programs, replace(server_wishes, extra=("-sigalgs", scheme)))
    assert with_server(call(server), server)["scheme"] == SCHEMES[scheme]


@pytest.mark.role("server")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_rsa_scheme_of_client_certificate(scheme, programs, pki, call, server_wishes):
    """TLS 1.2: sotto's RSA client certificate signs with the one scheme that the server takes."""
    demands = replace(server_wishes, require_client_certificate=True, roots=pki.roots)
    server = openssl.start_server(programs, replace(demands, extra=("-client_sigalgs", scheme)))
    with_server(call(server, *sotto.credential_arguments(pki.client("rsa"))), server)
    server.wait_for("client rsa")
    server.wait_for(f"Peer signature type: {'RSA-PSS' if scheme == PSS else 'RSA'}$")


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", REFUSED_SUITES)
def test_refused_suite(suite, programs, pki, client_wishes):
    """TLS 1.2: a client with nothing but RSA key exchange, DHE or CBC is refused with handshake_failure."""
    server = serve(programs, [pki.server("rsa")])
    client = openssl.start_client(programs, server.port, replace(client_wishes, extra=("-cipher", suite)))
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "no_common_cipher_suite")
    client.got_alert("handshake_failure")


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", REFUSED_SUITES)
def test_refusing_server(suite, programs, call, server_wishes):
    """TLS 1.2: a server with nothing but RSA key exchange, DHE or CBC refuses what sotto offers."""
    server = openssl.start_server(programs, replace(server_wishes, extra=("-cipher", suite)))
    ended = call(server).event("ended")
    assert (ended["code"], ended["alert"]) == ("peer_alert", "handshake_failure")


@pytest.mark.role("client")
def test_fallback(programs, pki, client_wishes):
    """TLS_FALLBACK_SCSV: a client that fell back to TLS 1.2 without need is refused with inappropriate_fallback."""
    server = serve(programs, [pki.server()])
    client = openssl.start_client(programs, server.port, replace(client_wishes, extra=("-fallback_scsv",)))
    ended = server.event("ended")
    assert (ended["how"], ended["code"]) == ("failed", "inappropriate_fallback")
    client.got_alert("inappropriate_fallback")


@pytest.mark.role("client")
def test_needed_fallback(programs, pki, client_wishes):
    """TLS_FALLBACK_SCSV: a client that fell back to the newest version of the server is served."""
    server = serve(programs, [pki.server()], "--versions", "tls12")
    client = openssl.start_client(programs, server.port, replace(client_wishes, extra=("-fallback_scsv",)))
    assert with_client(client, server)["version"] == "TLS 1.2"


@pytest.mark.role("client")
def test_resumed_again_and_again(programs, pki, client_wishes, tmp_path):
    """TLS 1.2: three connections in a row, each resumed with the ticket of the one before."""
    server = serve(programs, [pki.server()], "--connections", 4)
    client = openssl.resume(programs, server.port, tmp_path, client_wishes)
    for index in (1, 2, 3):
        if index > 1:
            client = openssl.resume_again(programs, server.port, tmp_path, client_wishes)
        assert with_client(client, server, index)["resumed"] and client.resumed()


@pytest.mark.role("client")
def test_ticket_of_another_server(programs, pki, client_wishes, tmp_path):
    """TLS 1.2: the ticket of another server under the same name is passed over, and the handshake starts afresh."""
    stranger = openssl.start_server(programs, Wishes(credential=pki.server(), version="1.2"))
    openssl.leave_with_ticket(programs, stranger.port, tmp_path / SESSION_FILE, client_wishes)
    server = serve(programs, [pki.server()])
    client = openssl.resume_again(programs, server.port, tmp_path, client_wishes)
    assert not with_client(client, server)["resumed"] and not client.resumed()


@pytest.mark.role("client")
def test_session_of_tls12_in_tls13(programs, pki, client_wishes, tmp_path):
    """A session of TLS 1.2 is not resumed by TLS 1.3."""
    server = serve(programs, [pki.server()], "--connections", 2)
    openssl.leave_with_ticket(programs, server.port, tmp_path / SESSION_FILE, client_wishes)
    newer = replace(client_wishes, version="1.3")
    client = openssl.resume_again(programs, server.port, tmp_path, newer)
    connected = with_client(client, server, 1)
    assert connected["version"] == "TLS 1.3" and not connected["resumed"]


@pytest.mark.role("server")
def test_no_ticket(programs, call, server_wishes):
    """TLS 1.2: a server without tickets; the second connection is a full handshake."""
    server = openssl.start_server(programs, replace(server_wishes, extra=("-no_ticket", "-no_cache")))
    client = call(server, "--connections", 2)
    with_server(client, server)
    assert not with_server(client, server, 1)["resumed"]


@pytest.mark.role("client")
def test_newer_client(programs, pki):
    """A client of both versions gets TLS 1.3, and TLS 1.2 from a policy that has no other."""
    for versions, expected in (("tls13,tls12", "TLS 1.3"), ("tls12", "TLS 1.2")):
        server = serve(programs, [pki.server()], "--versions", versions)
        client = programs.start(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "server.test", "-CAfile", pki.roots],
            kind=openssl.Client,
        )
        assert with_client(client, server)["version"] == expected


@pytest.mark.role("server")
def test_downgrade_of_sotto(programs, pki, call):
    """Somebody in the middle hides TLS 1.3 from the server: sotto sees the server's mark, and refuses."""
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pki.server().certificate, "-key", pki.server().key]
    server = programs.start(command, kind=openssl.Server)
    server.port = int(server.wait_for(r"^ACCEPT .*:(\d+)").group(1))
    ended = call(Meddler(server.port)).event("ended")
    assert (ended["how"], ended["code"], ended["alert"]) == ("failed", "downgrade_detected", "illegal_parameter")
    server.got_alert("illegal_parameter")


@pytest.mark.role("client")
def test_downgrade_of_peer(programs, pki):
    """Somebody in the middle hides TLS 1.3 from sotto: the client sees sotto's mark, and refuses."""
    server = serve(programs, [pki.server()])
    port = Meddler(server.port).port
    client = programs.start(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", pki.roots], kind=openssl.Client)
    client.wait_for("inappropriate fallback")
    ended = server.event("ended")
    assert (ended["code"], ended["alert"]) == ("peer_alert", "illegal_parameter")
