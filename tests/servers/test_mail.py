"""Mail is submitted and read back through the proxy, whichever way TLS begins on either side."""

import base64
import contextlib
import hashlib
import imaplib
import poplib
import smtplib
import socket
import ssl
import subprocess
import uuid

import pytest

import cli_support as cli
import mail_servers
from conftest import every_way
from mail_servers import ADDRESS, PASSWORD, USER


@pytest.fixture(scope="module")
def dovecot(folder, certificate):
    with mail_servers.dovecot(folder, certificate) as servers:
        yield servers


@pytest.fixture(scope="module")
def postfix(folder, certificate, dovecot):
    with mail_servers.postfix(folder, certificate, dovecot["lmtp"].ports["plain"]) as server:
        yield server


@pytest.fixture(scope="module")
def exim(folder, certificate, dovecot):
    with mail_servers.exim(folder, certificate, dovecot["lmtp"].ports["plain"]) as server:
        yield server


@pytest.fixture
def context(certificate):
    """Verifies chain and name."""
    return ssl.create_default_context(cafile=certificate.ca)


def letter():
    token = uuid.uuid4().hex
    return token, f"From: {ADDRESS}\r\nTo: {ADDRESS}\r\nSubject: {token}\r\n\r\nEHLO is no command here.\r\n"


def arrived(dovecot, token):
    """Waits until Dovecot has the letter, and returns its text."""

    def find():
        for one in dovecot["folder"].glob("*/*"):
            with contextlib.suppress(OSError):
                text = one.read_text(errors="replace")
                if token in text:
                    return text
        return None

    cli.wait_until(find, f"the letter {token} arrives", patience=60)
    return find()


def submit(port, way, context, text):
    smtp = smtplib.SMTP_SSL(context=context, timeout=30) if way == "tls" else smtplib.SMTP(timeout=30)
    smtp._host = "localhost"  # which smtplib verifies
    code, greeting = smtp.connect("localhost", port)
    assert code == 220 and greeting.startswith(b"mx.mail.test ESMTP "), "the greeting is the real one"
    with smtp:
        smtp.ehlo("client.test")
        assert smtp.has_extn("starttls") == (way == "starttls")
        if way == "starttls":
            assert not smtp.has_extn("auth")
            smtp.starttls(context=context)
            smtp.ehlo("client.test")
            assert not smtp.has_extn("starttls"), "inside TLS there is no STARTTLS"
            assert smtp.has_extn("size"), "inside TLS the capabilities are the server's own"
        smtp.sendmail(ADDRESS, [ADDRESS], text)


@every_way
def test_smtplib_submits_to_postfix(proxied, postfix, dovecot, context, client_way, server_way):
    token, text = letter()
    submit(proxied(postfix, client_way, server_way), client_way, context, text)
    assert "EHLO is no command here." in arrived(dovecot, token)


@every_way
def test_smtplib_submits_to_exim(proxied, exim, dovecot, context, client_way, server_way):
    token, text = letter()
    submit(proxied(exim, client_way, server_way), client_way, context, text)
    assert "EHLO is no command here." in arrived(dovecot, token)


@every_way
def test_swaks_submits(proxied, postfix, dovecot, certificate, client_way, server_way):
    port = proxied(postfix, client_way, server_way)
    token, _ = letter()
    verified = ["--tls-verify", "--tls-ca-path", certificate.ca]
    demand = {"plain": [], "starttls": ["--tls", *verified], "tls": ["--tls-on-connect", *verified]}[client_way]
    sent = subprocess.run(["swaks", "--server", "localhost", "--port", str(port), "--to", ADDRESS, "--from", ADDRESS, *demand,
                           "--header", f"Subject: {token}"], capture_output=True, timeout=60)
    assert sent.returncode == 0, sent.stdout.decode()
    arrived(dovecot, token)


@every_way
def test_curl_submits(proxied, postfix, dovecot, certificate, tmp_path, client_way, server_way):
    port = proxied(postfix, client_way, server_way)
    token, text = letter()
    (tmp_path / "letter").write_text(text)
    curl(certificate, client_way, "smtp", port, "/client.test", "--mail-from", ADDRESS, "--mail-rcpt", ADDRESS, "-T",
         tmp_path / "letter")
    arrived(dovecot, token)


def curl(certificate, way, scheme, port, path, *more):
    name = scheme + ("s" if way == "tls" else "")
    demand = ["--ssl-reqd"] if way == "starttls" else []
    done = subprocess.run(["curl", "-sS", "--max-time", "30", "--cacert", certificate.ca, *demand,
                           f"{name}://localhost:{port}{path}", *more], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def imap_session(port, way, context):
    if way == "tls":
        return imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=30)
    imap = imaplib.IMAP4("localhost", port, timeout=30)
    assert b"Dovecot" in imap.welcome, "the greeting is the real one"
    if way == "starttls":
        assert "LOGINDISABLED" in imap.capabilities and not any(one.startswith("AUTH=") for one in imap.capabilities)
        imap.starttls(ssl_context=context)
    assert "STARTTLS" not in imap.capabilities
    return imap


@every_way
def test_imaplib_appends_and_reads_back(proxied, dovecot, context, client_way, server_way):
    token, text = letter()
    text += "* CAPABILITY IMAP4rev1 STARTTLS\r\n" * 3
    with imap_session(proxied(dovecot["imap"], client_way, server_way), client_way, context) as imap:
        imap.login(USER, PASSWORD)
        imap.append("INBOX", None, None, text.encode())
        imap.select("INBOX")
        _, found = imap.search(None, "SUBJECT", token)
        _, parts = imap.fetch(found[0].split()[-1], "(RFC822)")
        assert parts[0][1].decode() == text


def test_tls_at_once_in_front_of_starttls_needs_no_name(gateway, dovecot, context):
    running = gateway("tls://127.0.0.1:0", dovecot["imap"].endpoint("starttls", dovecot["imap"].ports["starttls"]))
    with imap_session(running.port, "tls", context) as imap:
        imap.login(USER, PASSWORD)


def test_starttls_in_front_of_a_plain_server_needs_no_name_for_it(gateway, postfix, dovecot, context):
    running = gateway("smtp+starttls://127.0.0.1:0", f"tcp://127.0.0.1:{postfix.ports['plain']}")
    token, text = letter()
    submit(running.port, "starttls", context, text)
    arrived(dovecot, token)


@every_way
def test_curl_reads_imap(proxied, dovecot, certificate, client_way, server_way):
    port = proxied(dovecot["imap"], client_way, server_way)
    listed = curl(certificate, client_way, "imap", port, "/", "--user", f"{USER}:{PASSWORD}")
    assert "INBOX" in listed


@every_way
def test_poplib_reads_what_lmtp_delivered(proxied, dovecot, context, client_way, server_way):
    token, text = letter()
    deliver(dovecot["lmtp"].ports["plain"], text + "STLS\r\n+OK\r\n")
    arrived(dovecot, token)
    port = proxied(dovecot["pop3"], client_way, server_way)
    if client_way == "tls":
        pop = poplib.POP3_SSL("localhost", port, context=context, timeout=30)
    else:
        pop = poplib.POP3("localhost", port, timeout=30)
    assert b"Dovecot" in pop.getwelcome(), "the greeting is the real one"
    if client_way == "starttls":
        assert list(pop.capa()) == ["STLS"]
        pop.stls(context)
    assert "STLS" not in pop.capa()
    pop.user(USER)
    pop.pass_(PASSWORD)
    newest = len(pop.list()[1])
    lines = pop.retr(newest)[1]
    assert any(token.encode() in line for line in lines) and lines[-2:] == [b"STLS", b"+OK"]
    pop.dele(newest)
    pop.quit()


@every_way
def test_curl_reads_pop3(proxied, dovecot, certificate, client_way, server_way):
    token, text = letter()
    deliver(dovecot["lmtp"].ports["plain"], text)
    arrived(dovecot, token)
    port = proxied(dovecot["pop3"], client_way, server_way)
    assert curl(certificate, client_way, "pop3", port, "/", "--user", f"{USER}:{PASSWORD}").strip()


def deliver(port, text):
    with smtplib.LMTP("localhost", port, local_hostname="client.test") as lmtp:
        lmtp.sendmail(ADDRESS, [ADDRESS], text)


@every_way
def test_lmtp_delivers(proxied, dovecot, context, client_way, server_way):
    port = proxied(dovecot["lmtp"], client_way, server_way)
    token, text = letter()
    with contextlib.closing(socket.create_connection(("localhost", port), 30)) as plain:
        lines = Lines(context.wrap_socket(plain, server_hostname="localhost") if client_way == "tls" else plain)
        lines.expect(b"220 ")
        capabilities = lines.ask(b"LHLO client.test", b"250 ")
        assert (b"STARTTLS" in capabilities) == (client_way == "starttls")
        if client_way == "starttls":
            lines.ask(b"STARTTLS", b"220 ")
            lines = Lines(context.wrap_socket(plain, server_hostname="localhost"))
            assert b"STARTTLS" not in lines.ask(b"LHLO client.test", b"250 ")
        lines.ask(f"MAIL FROM:<{ADDRESS}>".encode(), b"250 ")
        lines.ask(f"RCPT TO:<{ADDRESS}>".encode(), b"250 ")
        lines.ask(b"DATA", b"354 ")
        lines.ask(text.encode() + b".", b"250 ")
        lines.ask(b"QUIT", b"221 ")
    arrived(dovecot, token)


class Lines:
    """A conversation of lines over a socket."""

    def __init__(self, stream):
        self.stream, self.file = stream, stream.makefile("rb")

    def expect(self, last):
        """Reads up to the line that begins with `last`, and returns everything."""
        said = b""
        while True:
            line = self.file.readline()
            assert line, f"the server hung up; before it said {said!r}"
            said += line
            if line.startswith(last):
                return said

    def ask(self, command, last):
        self.stream.sendall(command + b"\r\n")
        return self.expect(last)


@every_way
def test_a_sieve_script_is_kept(proxied, dovecot, context, client_way, server_way):
    port = proxied(dovecot["sieve"], client_way, server_way)
    script = b'keep;\r\n# "STARTTLS"\r\n"STARTTLS"\r\n'.replace(b'\r\n"STARTTLS"\r\n', b"\r\n# end\r\n")
    with contextlib.closing(socket.create_connection(("localhost", port), 30)) as plain:
        lines = Lines(context.wrap_socket(plain, server_hostname="localhost") if client_way == "tls" else plain)
        greeting = lines.expect(b"OK")
        assert (b'"STARTTLS"' in greeting) == (client_way == "starttls")
        assert b"Pigeonhole" in greeting, "the greeting is the real one"
        if client_way == "starttls":
            assert b'"SASL" ""' in greeting
            lines.ask(b"STARTTLS", b"OK")
            lines = Lines(context.wrap_socket(plain, server_hostname="localhost"))
            greeting = lines.expect(b"OK")
        assert b"PLAIN" in greeting and b'"STARTTLS"' not in greeting
        secret = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
        lines.ask(b'AUTHENTICATE "PLAIN" "' + secret + b'"', b"OK")
        lines.ask(b'PUTSCRIPT "a" {%d+}\r\n' % len(script) + script, b"OK")
        assert script in lines.ask(b'GETSCRIPT "a"', b"OK")
        lines.ask(b"LOGOUT", b"OK")


@pytest.mark.parametrize("protocol", ["imap", "pop3", "sieve", "lmtp"])
def test_openssl_comes_to_tls(proxied, dovecot, certificate, protocol):
    openssl_comes_to_tls(certificate, proxied(dovecot[protocol], "starttls", "starttls"), protocol)


@pytest.mark.parametrize("which", ["postfix", "exim"])
def test_openssl_comes_to_tls_in_front_of(proxied, certificate, request, which):
    openssl_comes_to_tls(certificate, proxied(request.getfixturevalue(which), "starttls", "plain"), "smtp")


def openssl_comes_to_tls(certificate, port, protocol):
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{port}", "-starttls", protocol, "-CAfile",
                           certificate.ca, "-verify_return_error", "-verify_hostname", "localhost"], input=b"",
                          capture_output=True, timeout=60)
    assert b"Verify return code: 0 (ok)" in done.stdout, done.stdout.decode() + done.stderr.decode()


CONNECT = {"imap": b"a CAPABILITY\r\nb LOGOUT\r\n", "pop3": b"CAPA\r\nQUIT\r\n", "sieve": b"LOGOUT\r\n",
           "lmtp": b"LHLO client.test\r\nQUIT\r\n"}


@pytest.mark.parametrize("protocol", CONNECT)
def test_sotto_connects_to_dovecot(dovecot, certificate, protocol, record_property):
    connect(dovecot[protocol], certificate, CONNECT[protocol], record_property)


def test_sotto_connects_to_postfix(postfix, certificate, record_property):
    connect(postfix, certificate, b"EHLO client.test\r\nQUIT\r\n", record_property)


def test_sotto_connects_to_exim(exim, certificate, record_property):
    connect(exim, certificate, b"EHLO client.test\r\nQUIT\r\n", record_property)


def connect(server, certificate, said, record_property):
    done = cli.run("connect", server.endpoint("starttls", server.ports["starttls"]), "--roots", certificate.ca,
                   "--no-half-close", stdin=said)
    assert done.returncode == 0, done.stderr.decode()
    story = done.stderr.decode()
    assert f"Before TLS, {server.scheme}:" in story and "they <--" in story and "authenticated" in story
    assert done.stdout, "the session went on inside TLS"
    record_property("way", (server.software, server.scheme, "direct", "starttls"))


def tlsa(certificate):
    key = subprocess.run(["openssl", "x509", "-in", certificate.cert, "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
    return "3 1 1 " + hashlib.sha256(der.stdout).hexdigest()


@pytest.fixture(params=["flag", "configuration"])
def originate_by_tlsa(request, tmp_path):
    """Starts a gateway that begins TLS for its clients, with a server authenticated by one TLSA record."""
    running = []

    def start(backend, record):
        arguments = ["tcp://127.0.0.1:0", backend, "--tlsa", record]
        if request.param == "configuration":
            path = tmp_path / "sotto.toml"
            path.write_text(f'[[service]]\nname = "mail"\nfrom = "tcp://127.0.0.1:0"\nto = "{backend}"\ntlsa = ["{record}"]\n')
            arguments = ["--config", path]
        running.append(cli.Gateway(*arguments))
        return running[-1]

    yield start
    for one in running:
        with one:
            pass


def test_postfix_is_authenticated_by_its_tlsa_record(originate_by_tlsa, postfix, dovecot, certificate):
    running = originate_by_tlsa(postfix.endpoint("starttls", postfix.ports["starttls"]), tlsa(certificate))
    token, text = letter()
    submit(running.port, "plain", None, text)
    arrived(dovecot, token)


def test_sotto_connects_by_a_tlsa_record(postfix, certificate):
    target = postfix.endpoint("starttls", postfix.ports["starttls"])
    said = b"EHLO client.test\r\nQUIT\r\n"
    done = cli.run("connect", target, "--tlsa", tlsa(certificate), "--no-half-close", stdin=said)
    assert done.returncode == 0 and b"250-" in done.stdout, done.stderr.decode()
    wrong = cli.run("connect", target, "--tlsa", "3 1 1 " + "00" * 32, stdin=said)
    assert wrong.stdout == b"" and "none of those that its TLSA records name" in wrong.stderr.decode(), wrong.stderr.decode()


def test_a_client_is_told_when_the_backend_cannot_be_authenticated(originate_by_tlsa, postfix):
    running = originate_by_tlsa(postfix.endpoint("starttls", postfix.ports["starttls"]), "3 1 1 " + "00" * 32)
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP("localhost", running.port, timeout=30)
    assert refused.value.smtp_code == 421 and b"cannot be reached with TLS" in refused.value.smtp_error
    running.wait_for("none of those that its TLSA records name")
