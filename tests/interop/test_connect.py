"""`sotto connect`, as a user runs it, with OpenSSL's and GnuTLS's servers."""

import json
from dataclasses import replace

import pytest

from support.sotto import SOTTO
from support.wishes import Wishes

pytestmark = pytest.mark.role("server")

LINE = "a line from sotto"
HANDSHAKE_FAILED, NOT_AUTHENTICATED = 5, 6


@pytest.fixture(params=["1.3", "1.2"])
def wishes(request, pki):
    return Wishes(credential=pki.chained_server(), version=request.param)


@pytest.fixture
def connect(programs):
    """Starts `sotto connect` to a server on this machine."""

    def start(server, roots, *arguments):
        names = ("--servername", "server.test", "--roots", roots)
        return programs.start([SOTTO, "connect", f"tls://127.0.0.1:{server.port}", *names, *arguments])

    return start


def test_facts(peer, programs, pki, connect, wishes):
    """`sotto connect --json`: the facts for scripts."""
    server = peer.start_server(programs, replace(wishes, alpn=("echo",)))
    client = connect(server, pki.roots, "--json", "--alpn", "echo")
    assert client.wait() == 0, client.text
    facts = json.loads(client.stdout)
    assert facts["version"] == f"TLS {wishes.version}"
    assert facts["application_protocol"] == server.alpn() == "echo"
    assert facts["cipher_suite"] == server.suite()


def test_conversation(peer, programs, pki, connect, wishes):
    """`sotto connect`: standard input and output joined to the connection."""
    server = peer.start_server(programs, wishes)
    client = connect(server, pki.roots, "--story")
    client.write(LINE + "\n")
    server.answer(LINE)
    client.wait_until(lambda: client.stdout == f"{LINE}\n".encode(), "the line back")
    client.end_input()
    assert client.wait() == 0, client.text
    assert client.stdout == f"{LINE}\n".encode()


def test_resumption(peer, programs, pki, connect, wishes, tmp_path):
    """`sotto connect --resume`: the session kept in a file between two runs."""
    server = peer.start_server(programs, wishes)
    resumed = []
    for _ in range(2):
        client = connect(server, pki.roots, "--resume", tmp_path / "session", "--json")
        assert client.wait() == 0, client.text
        resumed.append(json.loads(client.stdout)["resumed"])
    assert resumed == [False, True]


def test_untrusted(peer, programs, pki, connect, wishes):
    """`sotto connect` to a server of an unknown root: refused in words, with nothing sent."""
    server = peer.start_server(programs, wishes)
    client = connect(server, pki.foreign_root.certificate)
    client.offer(LINE + "\n")
    assert client.wait() == NOT_AUTHENTICATED, client.text
    assert client.stdout == b""
    assert "CN = server.test" in client.text
    server.got_alert("unknown_ca")
    assert LINE not in server.text


@pytest.mark.parametrize("bounds", [("--min-version", "tls1.3"), ("--max-version", "tls1.2")], ids=lambda bounds: bounds[0])
def test_versions(peer, bounds, programs, pki, connect):
    """`sotto connect` told to use one version only: no server of the other one is spoken to."""
    only, other = ("1.3", "1.2") if bounds[0] == "--min-version" else ("1.2", "1.3")
    server = peer.start_server(programs, Wishes(credential=pki.server(), version=only))
    client = connect(server, pki.roots, "--json", *bounds)
    assert client.wait() == 0, client.text
    assert json.loads(client.stdout)["version"] == f"TLS {only}"
    server = peer.start_server(programs, Wishes(credential=pki.server(), version=other))
    client = connect(server, pki.roots, "--json", *bounds)
    assert client.wait() == HANDSHAKE_FAILED, client.text
