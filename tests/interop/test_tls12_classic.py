"""TLS 1.2 as old peers speak it, RSA key exchange, DHE, CBC and CCM, with OpenSSL's programs in both roles."""

import subprocess
from dataclasses import replace

import pytest

from support import openssl, sotto
from support.talk import ACTIONS, serve, with_client, with_server
from support.wishes import Wishes

PEER = openssl


def names():
    """OpenSSL's names of the suites of TLS 1.2, by the RFCs'."""
    listing = subprocess.run(
        ["openssl", "ciphers", "-stdname", "-tls1_2", "ALL"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    rows = (line.split() for line in listing.splitlines())
    return {row[0]: row[2] for row in rows}


NAMES = names()
KEY_AGREEMENTS = ("TLS_RSA_", "TLS_DHE_RSA_", "TLS_ECDHE_RSA_", "TLS_ECDHE_ECDSA_")
CIPHERS = (
    "AES_128_CBC_SHA",
    "AES_256_CBC_SHA",
    "AES_128_CBC_SHA256",
    "AES_256_CBC_SHA256",
    "AES_256_CBC_SHA384",
    "AES_128_GCM_SHA256",
    "AES_256_GCM_SHA384",
    "AES_128_CCM",
    "AES_256_CCM_8",
    "CHACHA20_POLY1305_SHA256",
)
MODERN = ("GCM", "CHACHA20")
SUITES = [
    suite
    for suite in (f"{agreement}WITH_{cipher}" for agreement in KEY_AGREEMENTS for cipher in CIPHERS)
    if suite in NAMES and not ("ECDHE" in suite and any(word in suite for word in MODERN))
]
assert len(SUITES) >= 25, "the list above is made by filtering, and must not filter all away"


def key_of(suite):
    return "ecdsa_p256" if "ECDSA" in suite else "rsa"


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_client(suite, programs, pki):
    """TLS 1.2: a client with one classic suite, served under a policy that has it."""
    server = serve(programs, [pki.server(key_of(suite))], "--ciphersuites", suite)
    wishes = Wishes(roots=pki.roots, version="1.2", extra=("-cipher", NAMES[suite]))
    connected = with_client(openssl.start_client(programs, server.port, wishes), server)
    assert connected["suite"] == suite


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_server(suite, programs, pki):
    """TLS 1.2: a server with one classic suite, spoken to under a policy that has it."""
    wishes = Wishes(credential=pki.server(key_of(suite)), version="1.2")
    server = openssl.start_server(programs, replace(wishes, extra=("-cipher", NAMES[suite])))
    client = sotto.start_client(programs, server.port, pki.roots, "--ciphersuites", suite, actions=ACTIONS)
    assert with_server(client, server)["suite"] == suite


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"])
def test_mac_then_encrypt(suite, programs, pki):
    """TLS 1.2: a server that does not know encrypt-then-MAC."""
    wishes = Wishes(credential=pki.server("rsa"), version="1.2")
    flags = ("-cipher", NAMES[suite], "-no_etm")
    server = openssl.start_server(programs, replace(wishes, extra=flags))
    client = sotto.start_client(programs, server.port, pki.roots, "--ciphersuites", suite, actions=ACTIONS)
    assert with_server(client, server)["suite"] == suite
