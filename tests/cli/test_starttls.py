"""Attacks on the way into TLS, against the program: each ends with its own words, and nothing goes on in plaintext."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time

import pytest

import cli_support as support

FLOOD = b"220-welcome\r\n" * 400
LONG = b"220 " + b"x" * 9000 + b"\r\n"


class Fake:
    """A server that says one thing after another, waiting for a command in between; then it stays silent."""

    def __init__(self, *said):
        self.said, self.heard = said, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer):
        with contextlib.suppress(OSError), peer:
            for i, one in enumerate(self.said):
                if i > 0:
                    self.heard.append(peer.recv(4096))
                if callable(one):
                    one(peer)
                else:
                    peer.sendall(one)
            while got := peer.recv(4096):
                self.heard.append(got)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def dribble(peer):
    for _ in range(100):
        peer.sendall(b"2")
        time.sleep(0.2)


HELLO = b"220 mail.example ESMTP\r\n"
OFFER = b"250-mail.example\r\n250 STARTTLS\r\n"
ATTACKS = {
    "stripped capability": ([HELLO, b"250-mail.example\r\n250 8BITMIME\r\n"], "does not offer STARTTLS", 5),
    "injected response": ([HELLO, OFFER, b"220 go\r\n250 injected\r\n"], "somebody may be injecting replies", 5),
    "early response": ([HELLO + OFFER], "somebody may be injecting replies", 5),
    "oversize line": ([LONG], "longer than the protocol allows", 5),
    "banner flood": ([FLOOD], "talks on and on", 5),
    "slow dialogue": ([dribble], "was not finished in time", 4),
    "server that never answers": ([b""], "the server said nothing", 4),
    "wrong greeting": ([b"SSH-2.0-OpenSSH_9.2\r\n"], "not one of this protocol", 5),
    "refusal": ([HELLO, OFFER, b"454 4.7.0 no TLS today\r\n"], "454 4.7.0 no TLS today", 5),
    "hang-up": ([HELLO, lambda peer: peer.shutdown(socket.SHUT_RDWR)], "before TLS began", 5),
    "bare line feed": ([b"220 mail.example\n"], "a LF without CR", 5),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_connect_names_the_attack_and_sends_nothing(name):
    said, words, code = ATTACKS[name]
    with Fake(*said) as server:
        done = support.run("connect", f"smtp+starttls://127.0.0.1:{server.port}", "--handshake-timeout", "1s",
                           stdin=b"MAIL FROM:<secret@mail.example>\r\n")
        assert done.returncode == code, done.stderr.decode()
        assert words in done.stderr.decode()
        assert done.stdout == b"" and not any(b"secret" in heard for heard in server.heard)


@pytest.mark.parametrize("name", ATTACKS)
def test_proxy_names_the_attack_and_tells_its_client(name, certificates):
    said, words, _ = ATTACKS[name]
    with Fake(*said) as server, \
            support.Gateway("tcp://127.0.0.1:0", f"smtp+starttls://127.0.0.1:{server.port}", "--handshake-timeout", "1s",
                            "--roots", certificates.ca) as gateway, \
            socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        assert client.makefile("rb").read().startswith(b"421 4.7.0 ")
        gateway.wait_for(words.replace("the server said nothing", "it said nothing").replace("(", r"\("))


def mysql_greeting():
    """MariaDB's, with CLIENT_SSL among its flags."""
    payload = (b"\x0a10.11.19-MariaDB\0\x07\0\0\0saltsalt\0\xfe\xff\x2d\x02\0\xff\x81\x15" + bytes(10)
               + b"morechallenge\0mysql_native_password\0")
    return bytes((len(payload), 0, 0, 0)) + payload


def test_a_backend_that_is_gone_when_it_is_spoken_to_harms_nobody():
    asked, gone = threading.Event(), threading.Event()

    def serve(backend):
        backend.sendall(mysql_greeting())
        asked.wait(20)
        support.reset(backend)
        gone.set()

    login = bytes((36, 0, 0, 1)) + b"\x85\xa6\x0f\0\0\0\0\x01\x21" + bytes(23) + b"me\0\0"
    with support.Backend(serve) as server, \
            support.Gateway("tcp://127.0.0.1:0", f"mysql+starttls://127.0.0.1:{server.port}", "--insecure-backend") as gateway:
        for _ in range(2):
            asked.clear()
            gone.clear()
            with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
                assert client.recv(4096)[4] == 10
                asked.set()
                gone.wait(20)
                client.sendall(login)
                assert client.makefile("rb").read().count(b"cannot be reached with TLS") == 1
        support.wait_until(lambda: gateway.log().count("the handshake with") == 2, "each is told once")


def test_a_backend_that_cuts_its_handshake_is_told_to_the_client(certificates):
    said = [HELLO, OFFER, b"220 go\r\n", lambda peer: peer.shutdown(socket.SHUT_RDWR)]
    with Fake(*said) as server, \
            support.Gateway("tcp://127.0.0.1:0", f"smtp+starttls://127.0.0.1:{server.port}", "--roots",
                            certificates.ca) as gateway, \
            socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        assert client.makefile("rb").read().startswith(b"421 4.7.0 ")
        gateway.wait_for("the handshake with .* failed: the connection was cut")


def test_a_preauthenticated_imap_session_is_refused():
    with Fake(b"* PREAUTH welcome\r\n") as server:
        done = support.run("connect", f"imap+starttls://127.0.0.1:{server.port}", stdin=b"")
        assert done.returncode == 5 and "takes us for logged in before TLS" in done.stderr.decode()


@pytest.fixture
def submission(certificates):
    """A gateway with STARTTLS for its clients, and the plain server behind it."""
    with Fake(HELLO, b"250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n") as server, \
            support.Gateway("smtp+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{server.port}", "--cert", certificates.cert,
                            "--key", certificates.key, "--handshake-timeout", "2s") as gateway:
        yield gateway, server


def ask(client, command, last):
    client.sendall(command)
    said = b""
    while last not in said:
        got = client.recv(4096)
        if not got:
            return said
        said += got
    return said


def test_a_command_behind_starttls_reaches_nobody(submission):
    gateway, server = submission
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"", b"\n")
        ask(client, b"EHLO evil\r\n", b"250 STARTTLS")
        client.sendall(b"STARTTLS\r\nMAIL FROM:<evil@mail.example>\r\n")
        gateway.wait_for("somebody may be injecting commands")
        assert server.heard == []


def test_a_login_before_tls_is_refused_and_not_logged(submission):
    gateway, server = submission
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"", b"\n")
        assert b"AUTH" not in ask(client, b"EHLO client.example\r\n", b"250 STARTTLS")
        assert b"530 " in ask(client, b"AUTH PLAIN c2VjcmV0\r\n", b"\n")
        ask(client, b"QUIT\r\n", b"221")
    gateway.wait_for("left without beginning TLS")
    assert "c2VjcmV0" not in gateway.log() and server.heard == []


def test_a_login_instead_of_tls_is_not_logged(submission):
    gateway, server = submission
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"EHLO client.example\r\n", b"250 STARTTLS")
        ask(client, b"STARTTLS\r\n", b"220 2.0.0")
        client.sendall(b"AUTH PLAIN c2VjcmV0\r\n")
        gateway.wait_for("does not speak TLS on this connection: it sent \"AUTH\" where")
    assert "c2VjcmV0" not in gateway.log() and server.heard == []


def test_a_client_that_dawdles_is_cut_off(submission):
    gateway, _ = submission
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"EHLO ", b"220 ")
        with contextlib.suppress(OSError):
            for _ in range(50):
                client.sendall(b"x")
                time.sleep(0.1)
    gateway.wait_for("was not finished in time")


def test_a_client_that_floods_is_cut_off(submission):
    gateway, _ = submission
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client, contextlib.suppress(OSError):
        for _ in range(100):
            client.sendall(b"NOOP\r\n" * 100)
    gateway.wait_for("talks on and on")


def test_connect_shows_the_dialogue_and_goes_on_inside_tls(submission, certificates):
    gateway, server = submission
    done = subprocess.run(["timeout", "5", support.SOTTO, "connect", f"smtp+starttls://localhost:{gateway.port}", "--roots",
                           certificates.ca, "--no-half-close"], input=b"EHLO client.example\r\n", capture_output=True,
                          timeout=30)
    story = done.stderr.decode()
    assert "Before TLS, smtp:" in story and "they <--  220 mail.example ESMTP" in story and "we  -->   STARTTLS" in story
    assert done.stdout == b"250-mail.example\r\n250 AUTH PLAIN\r\n", "the offer of STARTTLS is taken out inside TLS"
    assert server.heard[0] == b"EHLO client.example\r\n", "the session begins inside TLS"


def test_connect_dims_the_dialogue_on_a_terminal(submission, certificates):
    gateway, _ = submission
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(["timeout", "5", support.SOTTO, "connect", f"smtp+starttls://localhost:{gateway.port}", "--roots",
                           certificates.ca, "--no-half-close"], input=b"EHLO client.example\r\n", stderr=theirs,
                          stdout=subprocess.PIPE, timeout=30, env={**environment, "TERM": "xterm"})
    os.close(theirs)
    story = b""
    with contextlib.suppress(OSError):  # EIO is how a terminal ends
        while got := os.read(ours, 65536):
            story += got
    os.close(ours)
    lines = story.decode().splitlines()
    for line in ("they <--  220 mail.example ESMTP", "we  -->   STARTTLS"):
        assert f"\x1b[2m  {line}\x1b[0m" in lines, story.decode()
    handshake = next(i for i, line in enumerate(lines) if "TLS 1.3" in line)
    assert lines.index("\x1b[2m  we  -->   STARTTLS\x1b[0m") < handshake, "the handshake comes behind the dialogue"
    assert done.stdout.startswith(b"250-mail.example"), "and the session behind the handshake"


def test_a_server_behind_starttls_is_verified_by_name(submission, certificates):
    gateway, server = submission
    target = f"smtp+starttls://localhost:{gateway.port}"
    wrong = support.run("connect", target, "--roots", certificates.ca, "--servername", "other.example", stdin=b"secret\r\n")
    assert wrong.returncode != 0 and "other.example" in wrong.stderr.decode(), wrong.stderr.decode()
    unknown = support.run("connect", target, "--roots", certificates.other.cert, stdin=b"secret\r\n")
    assert unknown.returncode == wrong.returncode and server.heard == []


def test_insecure_is_as_loud_behind_starttls(submission, certificates):
    gateway, _ = submission
    done = subprocess.run(["timeout", "5", support.SOTTO, "connect", f"smtp+starttls://localhost:{gateway.port}", "--insecure",
                           "-q", "--no-half-close"], input=b"EHLO x\r\n", capture_output=True, timeout=30)
    assert "NOT authenticated" in done.stderr.decode() and done.stdout, done.stderr.decode()


@pytest.mark.parametrize("offered,chosen", [(["imap"], "imap"), (["h2", "imap"], "imap"), (["h2", "http/1.1"], None)])
def test_tls_that_is_meant_for_another_protocol_is_refused(certificates, offered, chosen):
    context = ssl.create_default_context(cafile=certificates.ca)
    context.set_alpn_protocols(offered)
    with Fake(b"* OK ready\r\n") as server, \
            support.Gateway("imap+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{server.port}", "--cert", certificates.cert,
                            "--key", certificates.key) as gateway, \
            socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"a STARTTLS\r\n", b"a OK")
        if chosen is None:
            with pytest.raises(ssl.SSLError, match="no application protocol"):
                context.wrap_socket(client, server_hostname="localhost")
            gateway.wait_for("no application protocol in common")
            return
        with context.wrap_socket(client, server_hostname="localhost") as tls:
            assert tls.selected_alpn_protocol() == chosen


def test_connect_offers_the_protocols_identifier(certificates):
    with Fake(b"* OK ready\r\n") as server, \
            support.Gateway("imap+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{server.port}", "--cert", certificates.cert,
                            "--key", certificates.key) as gateway:
        facts = support.run("connect", f"imap+starttls://localhost:{gateway.port}", "--roots", certificates.ca, "--json")
    assert json.loads(facts.stdout)["application_protocol"] == "imap", facts.stderr.decode()


def test_what_the_server_says_last_is_passed_on_without_the_end_of_its_line(certificates):
    with Fake(b"220 mail.example\r\n", lambda peer: (peer.sendall(b"421 good"), peer.shutdown(socket.SHUT_WR))) as server, \
            support.Gateway("smtp+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{server.port}", "--cert", certificates.cert,
                            "--key", certificates.key) as gateway, \
            socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        ask(client, b"STARTTLS\r\n", b"220 2.0.0")
        with ssl.create_default_context(cafile=certificates.ca).wrap_socket(client, server_hostname="localhost") as tls:
            tls.sendall(b"QUIT\r\n")
            heard = b""
            while got := tls.recv(4096):
                heard += got
    assert heard == b"421 good"


def said_before_tls(port):
    with socket.create_connection(("127.0.0.1", port), support.PATIENCE) as client:
        return client.makefile("rb").read()


def said_inside_tls(protocol, port, ca):
    done = support.run("connect", f"{protocol}+starttls://localhost:{port}", "--roots", ca, "-q", "--no-half-close")
    return done.stdout


GREETED = ["smtp", "submission", "lmtp", "imap", "pop3", "nntp", "sieve", "ftp", "mysql"]
NOT_GREETED = ["ldap", "postgresql", "xmpp", "xmpp-server", "irc"]


@pytest.mark.parametrize("protocol", GREETED + NOT_GREETED)
def test_a_client_is_told_that_nobody_is_behind(protocol, certificates):
    """A plain backend that refuses: TLS has no part in it."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with support.Gateway(f"{protocol}+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{port}", "--cert", certificates.cert, "--key",
                         certificates.key) as gateway:
        if protocol in GREETED:
            said = said_before_tls(gateway.port)
        else:
            said = said_inside_tls(protocol, gateway.port, certificates.ca)
        if protocol.startswith("xmpp"):
            assert b"<remote-connection-failed" in said  # RFC 6120, 4.9.3.15, which says it all
        else:
            assert b"The server behind this gateway cannot be reached" in said and b"with TLS" not in said
        gateway.wait_for("the backend cannot be reached: Connection refused")


BEHIND = {
    "tls": ([b"no TLS\r\n"], b"cannot be reached with TLS"),
    "imap+starttls": ([b"* OK ready\r\n", b"a1 BAD no\r\n"], b"cannot be reached with TLS"),
    "tcp": ([b"SSH-2.0-OpenSSH_9.2\r\n"], b"did not begin a session"),
}


@pytest.mark.parametrize("scheme", BEHIND)
def test_a_client_is_told_how_the_server_behind_has_failed(scheme, certificates):
    said, words = BEHIND[scheme]
    trust = [] if scheme == "tcp" else ["--roots", certificates.ca]
    with Fake(*said) as server, \
            support.Gateway("imap+starttls://127.0.0.1:0", f"{scheme}://127.0.0.1:{server.port}", "--cert", certificates.cert,
                            "--key", certificates.key, *trust) as gateway:
        assert said_before_tls(gateway.port) == b"* BYE The server behind this gateway " + words + b"\r\n"
