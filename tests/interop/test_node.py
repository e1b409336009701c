"""Node as a client and as a server."""

import hashlib
from pathlib import Path

import pytest

from support import http, sotto
from support.command import node
from support.site import HELLO

PEER = node

SOURCES = Path(__file__).parent / "node"


@pytest.mark.role("client")
def test_https_client(programs, pki, terminating, payload):
    """Through `sotto proxy`: several requests on one connection, resumption, four megabytes compared by hash."""
    site = f"https://127.0.0.1:{terminating.port}"
    urls = (f"{site}/", f"{site}/payload", "new", f"{site}/")
    client = programs.start(["node", SOURCES / "client.js", pki.roots, *urls])
    assert client.wait(30) == 0, client.text
    lines = [line.split() for line in client.stdout.decode().splitlines()]
    bodies = (HELLO, payload.read_bytes(), HELLO)
    assert [line[-1] for line in lines] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert all(line[0] == "TLSv1.3" and line[2] == "authorized" and line[5] == "200" for line in lines)
    assert [(line[3], line[4]) for line in lines] == [("new", "opened"), ("new", "kept"), ("resumed", "opened")]


@pytest.mark.role("server")
def test_https_server(programs, pki, payload):
    """Upstream of `sotto proxy`, plain to TLS: several requests, resumption, four megabytes compared by hash."""
    credential = pki.server("rsa")
    server = programs.start(["node", SOURCES / "server.js", credential.chain, credential.key, pki.roots, payload])
    port = server.wait_for(r"listening on port (\d+)").group(1)
    trust = ("--roots", pki.roots, "--servername", "server.test")
    proxy = sotto.start_proxy(programs, "tcp://127.0.0.1:0", f"tls://127.0.0.1:{port}", *trust)
    seen = []
    for _ in range(2):
        with http.connection(proxy.port) as opened:
            for _ in range(2):
                (protocol, suite, name, resumed), body = http.get(opened)
                assert protocol == "TLSv1.3" and suite.startswith("TLS_") and name == "server.test"
                assert hashlib.sha256(body).digest() == hashlib.sha256(payload.read_bytes()).digest()
                seen.append(resumed)
    assert seen == ["new", "new", "resumed", "resumed"]
