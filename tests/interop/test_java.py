"""Java's JSSE as a client and as a server."""

import hashlib
from pathlib import Path

import pytest

from support import http, sotto
from support.command import java
from support.processes import output_of
from support.site import HELLO

PEER = java

SOURCES = Path(__file__).parent / "java"
PATIENCE = 60  # a JVM takes its time on a busy machine


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """The compiled programs."""
    folder = tmp_path_factory.mktemp("classes")
    assert output_of("javac", "-d", folder, *sorted(SOURCES.glob("*.java"))) == ""
    return folder


VERSIONS = {"TLSv1.3": "TLS 1.3", "TLSv1.2": "TLS 1.2"}  # as Java and as sotto write them


def run(programs, classes, *arguments, protocol="TLSv1.3"):
    """Starts one of the programs, which speaks one version only."""
    options = (f"-Dprotocol={protocol}", f"-Djdk.tls.client.protocols={protocol}")
    return programs.start(["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classes, *options, *arguments])


@pytest.mark.role("client")
@pytest.mark.parametrize("server_key", ["ecdsa_p256", "ed25519", "rsa_pss"])
@pytest.mark.parametrize("protocol", VERSIONS)
def test_echo(protocol, server_key, programs, pki, classes, key_store):
    """ALPN, a client certificate, resumption and close_notify, with several kinds of server key."""
    demands = ("--client-auth", "required", "--roots", pki.roots, "--alpn", "echo", "--connections", 2)
    server = sotto.start_server(programs, [pki.server(server_key)], *demands, actions=("echo", "close"))
    client = run(programs, classes, "EchoClient", server.port, pki.roots, key_store(pki.client()), protocol=protocol)
    assert client.wait(PATIENCE) == 0, client.text
    first, first_end, second, second_end = client.stdout.decode().splitlines()
    assert first.startswith(f"{protocol} TLS_") and first.endswith(" echo new [a line from Java]")
    assert second.startswith(f"{protocol} TLS_") and second.endswith(" echo resumed [a line from Java]")
    assert first_end == second_end == "then null"
    assert "client ecdsa_p256" in server.event("connected")["peer_subject"]
    assert server.event("connected")["version"] == VERSIONS[protocol]
    assert server.event("connected", 1)["resumed"]
    for index in (0, 1):
        server.closed_well(index)


@pytest.mark.role("client")
@pytest.mark.parametrize("protocol", VERSIONS)
def test_http_client(protocol, programs, pki, classes, terminating, payload):
    """HTTPS through `sotto proxy`: several requests and four megabytes, compared by hash."""
    site = f"https://localhost:{terminating.port}"
    client = run(programs, classes, "HttpsClient", pki.roots, f"{site}/", f"{site}/payload", f"{site}/", protocol=protocol)
    assert client.wait(PATIENCE) == 0, client.text
    lines = [line.split() for line in client.stdout.decode().splitlines()]
    bodies = (HELLO, payload.read_bytes(), HELLO)
    assert [line[3] for line in lines] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert all(line[0] == protocol and line[2] == "200" for line in lines)


@pytest.mark.role("server")
def test_cookie(programs, pki, classes, key_store, payload):
    """HelloRetryRequest with a cookie."""
    options = ("-Djdk.tls.namedGroups=secp384r1", "-Djavax.net.debug=ssl:handshake")
    server = run(programs, classes, *options, "TlsSite", key_store(pki.server()), payload)
    port = server.wait_for(r"listening on port (\d+)", PATIENCE).group(1)
    size = len(payload.read_bytes())
    actions = ("say:GET / HTTP/1.0\r\n\r", f"receive:{size}", "close")
    groups = ("--groups", "x25519,secp384r1", "--key-shares", "x25519")
    client = sotto.start_client(programs, port, pki.roots, *groups, actions=actions)
    connected = client.event("connected")
    assert connected["hello_retried"] and connected["group"] == "secp384r1"
    assert client.event("ended")["received"] >= size
    # Java's own account of the two hellos: its retry carries a cookie, and ours gives it back.
    server.wait_for(r'"cookie \(44\)"')


@pytest.mark.role("server")
@pytest.mark.parametrize("protocol", VERSIONS)
def test_https_server(protocol, programs, pki, classes, key_store, payload):
    """Upstream of `sotto proxy`, plain to TLS: several requests of four megabytes, compared by hash."""
    server = run(programs, classes, "TlsSite", key_store(pki.chained_server()), payload, protocol=protocol)
    port = server.wait_for(r"listening on port (\d+)", PATIENCE).group(1)
    trust = ("--roots", pki.roots, "--servername", "server.test")
    proxy = sotto.start_proxy(programs, "tcp://127.0.0.1:0", f"tls://127.0.0.1:{port}", *trust)
    for _ in range(2):
        with http.connection(proxy.port) as opened:
            for _ in range(2):
                (spoken, suite), body = http.get(opened)
                assert spoken == protocol and suite.startswith("TLS_")
                assert hashlib.sha256(body).digest() == hashlib.sha256(payload.read_bytes()).digest()
