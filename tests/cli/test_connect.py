"""sotto connect: who it talks to, what was agreed, what it refuses, and how it ends."""

import datetime
import json
import socket
import ssl
import subprocess

import pytest

from cli_support import PATIENCE, SOTTO, Backend, answer_after_the_end, echo, issue, run

HANDSHAKE, NOT_AUTHENTICATED, TRUNCATED = 5, 6, 7


def context_of(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def close_properly(connection):
    connection.recv(100)
    connection.sendall(b"hello")
    connection.unwrap()


@pytest.fixture
def server(certificates):
    with Backend(close_properly, context_of(certificates.cert, certificates.key)) as backend:
        yield backend


def connect(port, certificates, *flags, stdin=b"x", name="localhost", **settings):
    return run("connect", f"{name}:{port}", "--roots", certificates.ca, *flags, stdin=stdin, **settings)


def test_it_tells_who_the_server_is_and_keeps_the_output_clean(server, certificates):
    result = connect(server.port, certificates)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout == b"hello"
    text = result.stderr.decode()
    for word in ("TLS 1.3", "TLS_AES", "x25519", "ecdsa_secp256r1_sha256", "CN = localhost", "authenticated by the root",
                 "issued by", "valid from", "127.0.0.1"):
        assert word in text, text


def test_quiet_prints_nothing_but_the_data(server, certificates):
    result = connect(server.port, certificates, "-q")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"hello", b"")


def test_it_tells_the_handshake_as_a_story(server, certificates):
    result = connect(server.port, certificates, "--story", "--alpn", "h2")
    story = result.stderr.decode()
    messages = ["ClientHello", "ServerHello", "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"]
    positions = [story.index(f" {message} ") for message in messages]
    assert positions == sorted(positions), story


def test_json_holds_the_facts_for_scripts(server, certificates):
    result = connect(server.port, certificates, "--json", "--groups", "secp384r1", "--ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")
    facts = json.loads(result.stdout)
    assert facts["authenticated"] is True
    assert facts["version"] == "TLS 1.3"
    assert facts["group"] == "secp384r1"
    assert facts["cipher_suite"] == "TLS_CHACHA20_POLY1305_SHA256"
    assert facts["chain"][0]["names"] == ["localhost", "127.0.0.1", "::1"]
    assert facts["exit_code"] == result.returncode == 0


def refused(result, port, *words):
    text = result.stderr.decode()
    assert result.returncode == NOT_AUTHENTICATED, text
    assert result.stdout == b""
    assert "could not be authenticated" in text and "Nothing was sent" in text
    assert "CN = " in text, "the chain is shown"
    for word in words:
        assert word in text, text


def test_an_unknown_authority_is_explained_and_nothing_is_sent(certificates):
    received = []
    with Backend(lambda c: received.append(c.recv(100)), context_of(certificates.cert, certificates.key)) as backend:
        result = run("connect", f"localhost:{backend.port}", "--roots", certificates.other.cert, stdin=b"secret")
        refused(result, backend.port, "trusted", "issued by")
    assert received in ([], [b""])


def test_another_name_is_explained(server, certificates):
    refused(connect(server.port, certificates, "--servername", "other.example"), server.port, "other.example", "localhost")


def test_an_expired_certificate_is_explained(certificates, tmp_path):
    expired = issue(tmp_path, certificates.ca, datetime.datetime(2020, 1, 1), datetime.datetime(2020, 2, 1))
    with Backend(close_properly, context_of(*expired)) as backend:
        refused(connect(backend.port, certificates), backend.port, "expired", "2020-02-01")


def test_insecure_goes_on_with_a_warning_that_cannot_be_missed(server, certificates):
    result = run("connect", f"localhost:{server.port}", "--roots", certificates.other.cert, "--insecure", "-q", stdin=b"x")
    assert result.returncode == 0 and result.stdout == b"hello"
    text = result.stderr.decode()
    assert "!!!!!!!!" in text and "NOT authenticated" in text and "trusted" in text


def test_insecure_facts_say_that_nobody_was_authenticated(server, certificates):
    result = run("connect", f"localhost:{server.port}", "--roots", certificates.other.cert, "--insecure", "--json")
    facts = json.loads(result.stdout)
    assert facts["authenticated"] is False and facts["refusal"]["code"] == "certificate_untrusted"


def test_a_refusal_as_json_says_why(server, certificates):
    result = run("connect", f"localhost:{server.port}", "--roots", certificates.other.cert, "--json")
    facts = json.loads(result.stdout)
    assert facts["authenticated"] is False
    assert facts["error"]["code"] == "certificate_untrusted" and facts["error"]["alert"] == "unknown_ca"
    assert facts["chain"][0]["subject"] == "CN = localhost"
    assert facts["exit_code"] == result.returncode == NOT_AUTHENTICATED


def test_a_cut_connection_has_an_exit_code_of_its_own(certificates):
    def cut(connection):
        connection.recv(100)
        connection.sendall(b"hel")
        connection.shutdown(socket.SHUT_RDWR)  # FIN without close_notify

    with Backend(cut, context_of(certificates.cert, certificates.key)) as backend:
        result = connect(backend.port, certificates, "-q", "--no-half-close")
    assert result.returncode == TRUNCATED, result.stderr.decode()
    assert result.stdout == b"hel", "what did arrive is not withheld"
    assert b"cut" in result.stderr


def test_a_handshake_without_common_ground_has_its_exit_code(certificates):
    context = context_of(certificates.cert, certificates.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Backend(echo, context) as backend:
        result = connect(backend.port, certificates, "--min-version", "tls1.3")
    assert result.returncode == HANDSHAKE and b"failed" in result.stderr


@pytest.fixture
def server12(certificates):
    context = context_of(certificates.cert, certificates.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Backend(close_properly, context) as backend:
        yield backend


def test_it_says_tls_1_2_where_that_is_all_the_server_knows(server12, certificates):
    result = connect(server12.port, certificates)
    assert (result.returncode, result.stdout) == (0, b"hello")
    text = result.stderr.decode()
    for word in ("TLS 1.2", "TLS_ECDHE_ECDSA_WITH_", "x25519", "ecdsa_secp256r1_sha256", "authenticated by the root"):
        assert word in text, text
    assert json.loads(connect(server12.port, certificates, "--json").stdout)["version"] == "TLS 1.2"


def test_the_newest_version_can_be_chosen(server, certificates):
    for version, expected in (("tls1.2", "TLS 1.2"), ("tls1.3", "TLS 1.3")):
        facts = json.loads(connect(server.port, certificates, "--json", "--max-version", version).stdout)
        assert facts["version"] == expected


def test_it_tells_the_handshake_of_tls_1_2_as_a_story(server12, certificates):
    story = connect(server12.port, certificates, "--story").stderr.decode()
    messages = ["ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange",
                "Finished"]
    positions = [story.index(f" {message} ") for message in messages]
    assert positions == sorted(positions), story


def test_a_session_of_tls_1_2_is_resumed(server12, certificates, tmp_path):
    resumed = [json.loads(connect(server12.port, certificates, "--json", "--resume", tmp_path / "session").stdout)["resumed"]
               for _ in range(2)]
    assert resumed == [False, True]


def test_a_server_that_speaks_no_tls_is_explained(certificates):
    with Backend(lambda c: c.sendall(b"220 mail.example ESMTP\r\n")) as backend:
        result = connect(backend.port, certificates)
    assert result.returncode == HANDSHAKE
    assert b"does not speak TLS" in result.stderr, result.stderr.decode()


def test_a_silent_server_is_given_up(certificates):
    with Backend(lambda c: c.recv(100_000) and c.recv(1)) as backend:
        result = connect(backend.port, certificates, "--handshake-timeout", "300ms")
    assert result.returncode == 4 and b"in time" in result.stderr


def test_resume_keeps_the_session_in_a_private_file(gateway, certificates, tmp_path):
    file = tmp_path / "session"
    file.touch()
    with Backend(answer_after_the_end) as backend:
        proxy = gateway(backend.address)
        first = connect(proxy.port, certificates, "--resume", file)
        assert first.returncode == 0 and b"resumed       no" in first.stderr, first.stderr.decode()
        assert file.stat().st_mode & 0o777 == 0o600
        second = connect(proxy.port, certificates, "--resume", file)
        assert second.returncode == 0 and b"resumed       yes" in second.stderr, second.stderr.decode()
        third = connect(proxy.port, certificates, "--resume", file, "--json")
        assert json.loads(third.stdout)["resumed"] is True
        proxy.wait_for("resumed sni=localhost")
        file.write_bytes(b"garbage")
        bad = connect(proxy.port, certificates, "--resume", file)
        assert bad.returncode == 3 and str(file).encode() in bad.stderr


def test_a_session_of_tls_1_2_is_not_resumed_after_a_fatal_alert(gateway, certificates, tmp_path):
    file = tmp_path / "session"
    flags = ("--resume", file, "--max-version", "tls1.2", "--policy", "legacy", "--commands")
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        first = connect(proxy.port, certificates, *flags)
        assert first.returncode == 0 and file.exists(), first.stderr.decode()
        failed = connect(proxy.port, certificates, *flags, stdin=b"R\n")  # a renegotiation, which the gateway refuses
        assert b"resumed       yes" in failed.stderr and b"alert no_renegotiation" in failed.stderr, failed.stderr.decode()
        assert failed.returncode != 0 and not file.exists()
        again = connect(proxy.port, certificates, *flags)
        assert again.returncode == 0 and b"resumed       no" in again.stderr and file.exists(), again.stderr.decode()


def test_the_key_log_is_written_only_when_asked_for(server, certificates, tmp_path):
    log = tmp_path / "keys"
    env = {"SSLKEYLOGFILE": str(log)}
    assert connect(server.port, certificates, env=env).returncode == 0
    assert not log.exists()
    assert connect(server.port, certificates, "--keylog", env=env).returncode == 0
    labels = [line.split()[0] for line in log.read_text().splitlines() if not line.startswith("#")]
    assert {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"} <= set(labels)
    other = tmp_path / "other"
    assert connect(server.port, certificates, "--keylog", other).returncode == 0
    assert other.stat().st_mode & 0o777 == 0o600


def test_standard_input_that_ends_keeps_the_connection_when_asked(server, certificates):
    with Backend(echo, context_of(certificates.cert, certificates.key)) as backend:
        process = subprocess.Popen([SOTTO, "connect", "-q", "--no-half-close", "--roots", certificates.ca,
                                    f"localhost:{backend.port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"ping")
        process.stdin.close()
        assert process.stdout.read(4) == b"ping"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.kill()
        process.wait()


def test_a_large_transfer_goes_both_ways(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        data = bytes(range(256)) * 40_000
        result = run("connect", "-q", "--roots", certificates.ca, f"localhost:{proxy.port}", stdin=data, timeout=60)
        assert result.returncode == 0, result.stderr.decode()
        assert result.stdout == data


def test_openssl_and_gnutls_servers_are_understood(certificates):
    for command in (["openssl", "s_server", "-quiet", "-rev", "-cert", certificates.cert, "-key", certificates.key, "-accept"],
                    ["gnutls-serv", "-q", "--echo", "--x509certfile", certificates.cert, "--x509keyfile", certificates.key, "-p"]):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([*map(str, command), str(port)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                result = connect(port, certificates, "--json")
                if result.returncode != 4:
                    break
            assert result.returncode == 0, result.stderr.decode()
            assert json.loads(result.stdout)["authenticated"] is True
        finally:
            server.kill()
            server.communicate()


def test_the_policy_is_shown_as_text_and_as_json():
    assert b"TLS_AES_128_GCM_SHA256" in run("policy").stdout
    policy = json.loads(run("policy", "modern_2026", "--json").stdout)
    assert policy["name"] == "modern_2026" and policy["versions"] == ["TLS 1.3", "TLS 1.2"]
