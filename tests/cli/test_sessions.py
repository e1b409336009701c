"""Sessions that live longer than what their server was trusted for, with --verify-sessions-again and without it."""

import datetime
import json
import re
import socket
import ssl
import subprocess
import types

import pytest

from cli_support import CLOCK_AHEAD, PATIENCE, Backend, Gateway, echo, issue, run

NOT_AUTHENTICATED = 6
AGAIN = "--verify-sessions-again"
VERSIONS = [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2]


def hello(connection):
    connection.recv(100)
    connection.sendall(b"hello")


@pytest.fixture
def clock(tmp_path):
    """The time of day of the programs that get `clock.env`, which `clock.file` puts ahead."""
    file = tmp_path / "seconds-ahead"
    return types.SimpleNamespace(env={"LD_PRELOAD": CLOCK_AHEAD, "SOTTO_CLOCK_AHEAD": str(file)}, file=file)


@pytest.fixture
def hour(tmp_path, certificates):
    """A certificate that is valid until an hour from now, and its key."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return issue(tmp_path, certificates.ca, now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))


@pytest.fixture(params=VERSIONS, ids=["tls13", "tls12"])
def context(request, hour):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = request.param
    context.load_cert_chain(*hour)
    return context


@pytest.fixture
def server(context):
    with Backend(hello, context) as backend:
        yield backend


@pytest.fixture
def connect(server, clock, certificates, tmp_path):
    """Connects with the session of the time before."""

    def connect(*flags, roots=certificates.ca):
        return run("connect", f"localhost:{server.port}", "--roots", roots, "--resume", tmp_path / "session", *flags,
                   stdin=b"x", env=clock.env)

    return connect


def resumes(result):
    assert result.returncode == 0 and result.stdout == b"hello", result.stderr.decode()
    return "resumed       yes" in result.stderr.decode()


def refused(result, why):
    text = result.stderr.decode()
    assert result.returncode == NOT_AUTHENTICATED and result.stdout == b"", text
    assert "could not be authenticated" in text and why in text, text


def test_a_server_that_is_still_trusted_is_resumed(connect):
    assert not resumes(connect(AGAIN))
    again = connect(AGAIN)
    assert resumes(again) and b"the server of the session was verified again" in again.stderr


def test_a_server_whose_root_is_trusted_no_longer_is_refused(connect, certificates):
    assert not resumes(connect(AGAIN))
    refused(connect(AGAIN, roots=certificates.other.cert), "trusted")
    assert resumes(connect(roots=certificates.other.cert)), "without the flag the first judgement counts"


def test_a_server_whose_certificate_has_expired_since_is_refused(connect, clock):
    assert not resumes(connect(AGAIN))
    clock.file.write_text("5400")
    refused(connect(AGAIN), "expired")
    assert resumes(connect()), "without the flag the first judgement counts"


def test_a_server_with_a_new_certificate_gets_a_full_handshake(connect, clock, context, certificates):
    assert not resumes(connect(AGAIN))
    clock.file.write_text("5400")
    context.load_cert_chain(certificates.cert, certificates.key)
    renewed = connect(AGAIN)
    assert not resumes(renewed)
    assert b"no: the server of the session is no longer accepted: " in renewed.stderr, renewed.stderr.decode()
    assert b"NOT AUTHENTICATED" not in renewed.stderr
    assert resumes(connect(AGAIN)), "by the new certificate"


def test_the_facts_say_why_a_session_was_not_offered(connect, clock, context, certificates):
    connect(AGAIN)
    clock.file.write_text("5400")
    context.load_cert_chain(certificates.cert, certificates.key)
    facts = json.loads(connect(AGAIN, "--json").stdout)
    assert facts["authenticated"] is True and facts["resumed"] is False
    assert facts["session_refusal"]["code"] == "certificate_expired" and "refusal" not in facts


def test_a_session_without_certificates_is_not_offered(connect):
    assert not resumes(connect())
    without = connect(AGAIN)
    assert not resumes(without) and b"no certificates to verify" in without.stderr
    assert resumes(connect(AGAIN))


@pytest.fixture
def early_server(certificates):
    """OpenSSL's server, whose sessions allow early data."""
    process = subprocess.Popen(["openssl", "s_server", "-early_data", "-cert", certificates.cert, "-key", certificates.key,
                                "-accept", "127.0.0.1:0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = next(re.search(r":(\d+)$", line).group(1) for line in process.stdout if line.startswith("ACCEPT"))
    yield types.SimpleNamespace(port=port)
    process.kill()
    process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("flags, sent", [((), "What was sent early can be read only by the server that the session is from."),
                                         ((AGAIN,), "Nothing was sent to it.")], ids=["early", "not early"])
def test_nothing_is_said_early_to_a_server_that_is_trusted_no_longer(flags, sent, early_server, certificates, tmp_path):
    (tmp_path / "early").write_bytes(b"early")
    flags = ("--resume", tmp_path / "session", "--early-data", tmp_path / "early", *flags)
    first = run("connect", f"localhost:{early_server.port}", "--roots", certificates.ca, *flags, "--json")
    assert json.loads(first.stdout)["early_data"]["reason"] == "no_session_offered"
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # which does not know the session, and has to show a certificate
    stranger.load_cert_chain(certificates.cert, certificates.key)
    with Backend(hello, stranger) as server:
        refused(run("connect", f"localhost:{server.port}", "--roots", certificates.other.cert, *flags), sent)


@pytest.fixture
def begin_tls(context, clock, certificates):
    """Starts a gateway in front of a TLS backend; returns what brings data through it, and the gateway."""
    running = []

    def start(*flags):
        backend = Backend(echo, context)
        gateway = Gateway("tcp://127.0.0.1:0", f"tls://localhost:{backend.port}", "--roots", certificates.ca, *flags,
                          env=clock.env)
        running.extend((gateway, backend))
        return gateway

    yield start
    for one in running:
        with one:
            pass


def comes_through(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as plain:
        plain.sendall(b"hello")
        try:
            return plain.recv(5) == b"hello"
        except ConnectionResetError:
            return False


def test_the_gateway_refuses_a_backend_whose_certificate_has_expired_since(begin_tls, clock):
    gateway = begin_tls(AGAIN)
    assert comes_through(gateway) and comes_through(gateway)
    gateway.wait_for("backend .*, resumed")
    clock.file.write_text("5400")
    assert not comes_through(gateway)
    gateway.wait_for(r"handshake with tls://localhost:\d+ failed: .*expired")


def test_the_gateway_resumes_on_the_first_judgement_without_the_flag(begin_tls, clock):
    gateway = begin_tls()
    assert comes_through(gateway)
    clock.file.write_text("5400")
    assert comes_through(gateway)
    gateway.wait_for("backend .*, resumed")


def test_the_gateway_takes_a_backend_with_a_new_certificate(begin_tls, clock, context, certificates):
    gateway = begin_tls(AGAIN)
    assert comes_through(gateway)
    clock.file.write_text("5400")
    context.load_cert_chain(certificates.cert, certificates.key)
    assert comes_through(gateway)


def test_the_configuration_file_asks_for_it_too(tmp_path, clock, context, certificates):
    with Backend(echo, context) as backend:
        file = tmp_path / "sotto.toml"
        file.write_text(f'''
            [[service]]
            from = "tcp://127.0.0.1:0"
            to = "tls://localhost:{backend.port}"
            roots = "{certificates.ca}"
            verify_sessions_again = true
        ''')
        with Gateway("--config", file, env=clock.env) as gateway:
            assert comes_through(gateway)
            clock.file.write_text("5400")
            assert not comes_through(gateway)
            gateway.wait_for("failed: .*expired")
