"""Certificates that go compressed (RFC 8879) in TLS 1.3, with GnuTLS's programs, in both directions."""

import pytest

from support import gnutls, sotto
from support.talk import ACTIONS, serve, with_client, with_server
from support.wishes import Wishes

PEER = gnutls
ALGORITHMS = ("zlib", "brotli", "zstd")


def wishes_for(algorithm, **others):
    return Wishes(extra=("--compress-cert", algorithm), **others)


@pytest.mark.role("client")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_certificates_with_client(algorithm, programs, pki):
    """The server's certificate and the client's go compressed with what the client knows."""
    demands = ("--client-auth", "required", "--client-ca", pki.roots)
    server = serve(programs, [pki.server()], *demands)
    client = gnutls.start_client(programs, server.port, wishes_for(algorithm, roots=pki.roots, credential=pki.client()))
    connected = with_client(client, server)
    assert connected["own_certificate_compressed"] == algorithm
    assert connected["peer_certificate_compressed"] == algorithm


@pytest.mark.role("server")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_certificates_with_server(algorithm, programs, pki):
    """The server's certificate and the client's go compressed with what the server knows."""
    wishes = wishes_for(algorithm, credential=pki.server(), roots=pki.roots, require_client_certificate=True)
    server = gnutls.start_server(programs, wishes)
    client = sotto.start_client(programs, server.port, pki.roots, "--cert", pki.client().chain, "--key", pki.client().key, actions=ACTIONS)
    connected = with_server(client, server)
    assert connected["own_certificate_compressed"] == algorithm
    assert connected["peer_certificate_compressed"] == algorithm
