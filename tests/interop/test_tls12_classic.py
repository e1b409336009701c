"""TLS 1.2 as old peers speak it, RSA key exchange, DHE, CBC and CCM, with OpenSSL's and GnuTLS's programs in both roles."""

from dataclasses import replace

import pytest

from support import openssl, sotto
from support.suites import SUITES12, key_kind
from support.talk import ACTIONS, serve, with_client, with_server
from support.wishes import Wishes

SUITES = [suite for suite in SUITES12 if not ("ECDHE" in suite and ("GCM" in suite or "CHACHA20" in suite))]
assert len(SUITES) >= 25, "the list above is made by filtering, and must not filter all away"
# One of each key exchange and of each kind of cipher.
SOME = (
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CCM_8",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
)


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_client(peer, suite, programs, pki):
    """TLS 1.2: a client with one classic suite, served under a policy that has it."""
    server = serve(programs, [pki.server(key_kind(suite))], "--ciphersuites", suite)
    wishes = Wishes(roots=pki.roots, version="1.2", **peer.only(suite))
    client = peer.start_client(programs, server.port, wishes)
    assert with_client(client, server)["suite"] == suite
    assert client.classic_suite() == suite


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_server(peer, suite, programs, pki):
    """TLS 1.2: a server with one classic suite, spoken to under a policy that has it."""
    wishes = Wishes(credential=pki.server(key_kind(suite)), version="1.2", **peer.only(suite))
    server = peer.start_server(programs, wishes)
    client = sotto.start_client(programs, server.port, pki.roots, "--ciphersuites", suite, actions=ACTIONS)
    assert with_server(client, server)["suite"] == suite
    assert server.classic_suite() == suite


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SOME)
def test_certificate_and_resumption_of_client(peer, suite, programs, pki, tmp_path):
    """TLS 1.2: a client certificate over classic suites, and resumption with it."""
    demands = ("--client-auth", "required", "--roots", pki.roots, "--connections", 2)
    server = serve(programs, [pki.server(key_kind(suite))], "--ciphersuites", suite, *demands)
    wishes = Wishes(roots=pki.roots, credential=pki.client("rsa"), version="1.2", **peer.only(suite))
    client = peer.resume(programs, server.port, tmp_path, wishes)
    assert "client rsa" in server.event("connected")["peer_subject"]
    connected = with_client(client, server, 1)
    assert connected["resumed"] and client.resumed() and connected["suite"] == suite


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SOME)
def test_certificate_and_resumption_of_server(peer, suite, programs, pki):
    """TLS 1.2: a server that requires a client certificate over classic suites, and resumption with it."""
    credential = pki.server(key_kind(suite))
    wishes = Wishes(credential=credential, roots=pki.roots, require_client_certificate=True, version="1.2", **peer.only(suite))
    server = peer.start_server(programs, wishes)
    flags = ("--ciphersuites", suite, "--connections", 2, *sotto.credential_arguments(pki.client("ecdsa_p256")))
    client = sotto.start_client(programs, server.port, pki.roots, *flags, actions=ACTIONS)
    assert not with_server(client, server)["resumed"]
    connected = with_server(client, server, 1)
    assert connected["resumed"] and connected["suite"] == suite


@pytest.mark.role("server")
@pytest.mark.parametrize("peer", [openssl])
@pytest.mark.parametrize("suite", ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"])
def test_mac_then_encrypt(peer, suite, programs, pki):
    """TLS 1.2: a server that does not know encrypt-then-MAC."""
    wishes = Wishes(credential=pki.server("rsa"), version="1.2", **peer.only(suite))
    server = peer.start_server(programs, replace(wishes, extra=(*wishes.extra, "-no_etm")))
    client = sotto.start_client(programs, server.port, pki.roots, "--ciphersuites", suite, actions=ACTIONS)
    assert with_server(client, server)["suite"] == suite
