"""OCSP responses that a server shows with its certificate, in both versions."""

import pytest

from support import openssl, sotto
from support.talk import ACTIONS, serve, with_client, with_server
from support.wishes import Wishes

PEER = openssl

VERSIONS = ("1.3", "1.2")
# OCSPResponse ::= SEQUENCE { responseStatus tryLater }: RFC 6960, 4.2.1. Nobody judges it here.
RESPONSE = bytes.fromhex("30030a0103")


@pytest.fixture
def response(tmp_path):
    file = tmp_path / "response.der"
    file.write_bytes(RESPONSE)
    return file


@pytest.mark.role("client")
@pytest.mark.parametrize("version", VERSIONS)
def test_ocsp_response_to_client(version, programs, pki, response):
    """An OCSP response is shown to a client that asks for it."""
    server = serve(programs, [pki.server()], "--ocsp-response", response)
    client = openssl.start_client(programs, server.port, Wishes(roots=pki.roots, version=version, extra=("-status",)))
    client.wait_for("OCSP Response Status: trylater")
    with_client(client, server)


@pytest.mark.role("server")
@pytest.mark.parametrize("version", VERSIONS)
def test_ocsp_response_of_server(version, programs, pki, response):
    """The OCSP response that a server has is asked for and taken."""
    wishes = Wishes(credential=pki.server("rsa"), version=version, extra=("-status_file", response))
    server = openssl.start_server(programs, wishes)
    client = sotto.start_client(programs, server.port, pki.roots, "--request-staples", actions=ACTIONS)
    assert with_server(client, server)["ocsp_response"].lower() == RESPONSE.hex()
