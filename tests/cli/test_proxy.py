"""The gateway: every direction of TLS, how connections end, and what it refuses."""

import concurrent.futures
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import termios
import time

import pytest

from cli_support import (PATIENCE, SOTTO, Backend, Gateway, RawTls, answer_after_the_end, client_context, connect, echo, openssl, reset,
                         run, wait_until)


def round_trip(tls, data=b"hello through the gateway"):
    tls.sendall(data)
    got = b""
    while len(got) < len(data):
        got += tls.recv(65536)
    assert got == data


def server_context(certificates, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


# Directions

def test_it_ends_tls_in_front_of_a_plain_backend(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        with connect(proxy.port, certificates.ca) as tls:
            assert tls.version() == "TLSv1.3"
            round_trip(tls)
        proxy.wait_for(r"TLS 1\.3 TLS_\w+, ECDHE with x25519 sni=localhost, 25 octets up, 25 down")


def test_it_begins_tls_for_a_plain_client(certificates):
    with Backend(echo, server_context(certificates)) as backend, Gateway(
            "tcp://127.0.0.1:0", f"tls://localhost:{backend.port}", "--roots", certificates.ca) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port)) as plain:
            round_trip(plain)
        proxy.wait_for(r"backend TLS 1\.3 .*closed by both sides")


def test_the_backend_has_a_policy_and_versions_of_its_own(gateway, certificates):
    older = server_context(certificates, maximum_version=ssl.TLSVersion.TLSv1_2)
    older.set_ciphers("ECDHE-ECDSA-AES128-SHA256")  # CBC: not in the policy "modern"
    with Backend(echo, older) as backend:
        to_backend = (f"tls://localhost:{backend.port}", "--roots", certificates.ca)
        proxy = gateway(*to_backend, "--backend-policy", "compatible")
        with connect(proxy.port, certificates.ca) as tls:
            assert tls.version() == "TLSv1.3"
            round_trip(tls)
        proxy.wait_for(r"backend TLS 1\.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256")
        for flags in ((), ("--backend-policy", "compatible", "--backend-min-version", "tls1.3")):
            proxy = gateway(*to_backend, *flags)
            with pytest.raises((OSError, ssl.SSLError)), connect(proxy.port, certificates.ca) as tls:
                round_trip(tls)
            proxy.wait_for("failed")


def test_a_policy_for_the_backend_does_not_widen_what_clients_get(gateway, certificates):
    with Backend(echo, server_context(certificates)) as backend:
        proxy = gateway(f"tls://localhost:{backend.port}", "--roots", certificates.ca, "--backend-policy", "compatible",
                        "--backend-max-version", "tls1.2")
        context = client_context(certificates.ca, maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", proxy.port)) as plain:
            context.wrap_socket(plain, server_hostname="localhost")
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)
        proxy.wait_for(r"backend TLS 1\.2")


def test_it_renews_tls_and_passes_the_application_protocol_on(gateway, certificates):
    context = server_context(certificates)
    context.set_alpn_protocols(["http/1.1", "h2"])

    def serve(connection):
        echo(connection)
        return connection.selected_alpn_protocol()

    with Backend(serve, context) as backend:
        proxy = gateway(f"tls://localhost:{backend.port}", "--roots", certificates.ca, "--alpn", "h2,http/1.1")
        with connect(proxy.port, certificates.ca, alpn=["h2"]) as tls:
            assert tls.selected_alpn_protocol() == "h2"
            round_trip(tls)
            tls.unwrap()
        wait_until(lambda: backend.results, "the backend is done")
        assert backend.results == ["h2"], "the backend was offered only what the client had agreed on"


def test_it_joins_plain_to_plain_and_unix_sockets(tmp_path):
    with Backend(echo) as backend:
        path = tmp_path / "front.sock"
        with Gateway(f"unix:{path}", backend.address) as proxy:
            with socket.socket(socket.AF_UNIX) as plain:
                plain.connect(str(path))
                round_trip(plain)
            proxy.wait_for("closed by both sides")
        assert not path.exists(), "the socket's file goes with the gateway"


def test_a_unix_backend_whose_queue_is_full_is_waited_for(tmp_path):
    path = tmp_path / "back.sock"
    with socket.socket(socket.AF_UNIX) as backend:
        backend.bind(str(path))
        backend.listen(0)
        waiting = []
        with pytest.raises(BlockingIOError):
            for _ in range(100):
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                waiting[-1].connect(str(path))
        with Gateway("tcp://127.0.0.1:0", f"unix:{path}") as proxy, socket.create_connection(
                ("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
            time.sleep(0.1)  # the gateway has met the full queue by now
            assert proxy.process.poll() is None and not proxy.matches("cannot|failed")
            for one in waiting:
                one.close()
            backend.settimeout(PATIENCE)
            plain.sendall(b"through")
            got = b""
            while not got:  # those that gave up come first
                with backend.accept()[0] as connection:
                    connection.settimeout(PATIENCE)
                    got = connection.recv(100)
            assert got == b"through"


def test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not(tmp_path):
    path = tmp_path / "front.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    with Gateway(f"unix:{path}", "tcp://127.0.0.1:1"):
        result = run("proxy", f"unix:{path}", "tcp://127.0.0.1:1")
        assert result.returncode == 4 and b"in use" in result.stderr


def test_a_file_that_is_no_socket_stays_where_it_is(tmp_path):
    path = tmp_path / "precious"
    path.write_text("somebody's")
    result = run("proxy", f"unix:{path}", "tcp://127.0.0.1:1")
    assert result.returncode == 4 and b"in use" in result.stderr
    assert path.read_text() == "somebody's"


@pytest.mark.parametrize("flag", ["--roots", "--servername", "--policy", "--alpn"])
def test_an_empty_value_is_no_silent_default(flag):
    for command in (["proxy", "tcp://127.0.0.1:0", "tls://localhost:1"], ["connect", "localhost:1"]):
        result = run(*command, flag, "")
        assert result.returncode == 2 and f"{flag} has no value".encode() in result.stderr, result.stderr.decode()


@pytest.mark.parametrize("flag", ["--handshake-timeout", "--connect-timeout", "--idle-timeout"])
def test_no_time_at_all_is_no_limit_that_anybody_could_keep(flag):
    result = run("proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", flag, "0s")
    assert result.returncode == 2 and f"{flag} must be more than 0".encode() in result.stderr, result.stderr.decode()


def test_the_terminal_has_its_echo_again_after_control_c(certificates):
    ours, theirs = os.openpty()
    process = start_on_terminal(theirs, "connect", "localhost:1", "--cert", certificates.cert, "--key", certificates.encrypted_key)
    read_question(ours)
    assert not termios.tcgetattr(theirs)[3] & termios.ECHO
    os.write(ours, b"open ses\x03")
    assert process.wait(PATIENCE) == -signal.SIGINT
    assert termios.tcgetattr(theirs)[3] & termios.ECHO
    process.stderr.close()
    os.close(ours)
    os.close(theirs)


def test_control_c_that_is_ignored_does_not_end_the_question(certificates):
    ours, theirs = os.openpty()
    process = start_on_terminal(theirs, "connect", "localhost:1", "--cert", certificates.cert, "--key", certificates.encrypted_key,
                                on_control_c=signal.SIG_IGN)
    read_question(ours)
    os.write(ours, b"open ses\x03")
    os.write(ours, b"open sesame\n")
    assert process.wait(PATIENCE) == 4
    assert "Connection refused" in process.stderr.read()
    process.stderr.close()
    os.close(ours)
    os.close(theirs)



def test_any_address_takes_ipv4_and_ipv6(certificates):
    with Backend(echo) as backend, Gateway("tcp://:0", backend.address) as proxy:
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, proxy.port), timeout=PATIENCE) as plain:
                round_trip(plain)


def test_an_encrypted_key_is_opened_with_the_passphrase_file(certificates):
    with Backend(echo) as backend, Gateway("tls://127.0.0.1:0", backend.address, "--cert", certificates.cert, "--key",
                                           certificates.encrypted_key, "--passphrase-file", certificates.passphrase) as proxy:
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)


def test_flags_that_may_be_repeated_take_one_value_each(certificates):
    with Backend(echo) as backend, Gateway("--cert", certificates.cert, "--key", certificates.key, "tls://127.0.0.1:0",
                                           backend.address) as proxy, connect(proxy.port, certificates.ca) as tls:
        round_trip(tls)


def start_on_terminal(terminal, *arguments, on_control_c=signal.SIG_DFL):
    def own_terminal():
        os.setsid()
        signal.signal(signal.SIGINT, on_control_c)  # whatever these tests have inherited
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    return subprocess.Popen([SOTTO, *arguments], preexec_fn=own_terminal, stderr=subprocess.PIPE, text=True)


def read_question(terminal):
    seen = b""
    while b"Passphrase for" not in seen or not seen.endswith(b": "):
        seen += os.read(terminal, 1000)
    return seen


def test_a_passphrase_is_asked_for_on_the_terminal_without_echo(certificates):
    ours, theirs = os.openpty()
    with Backend(echo) as backend:
        process = start_on_terminal(theirs, "proxy", "tls://127.0.0.1:0", backend.address, "--cert", certificates.cert, "--key",
                                    certificates.encrypted_key)
        try:
            seen = read_question(ours)
            assert str(certificates.encrypted_key).encode() in seen
            os.write(ours, b"open sesame\n")
            line = process.stderr.readline()
            port = int(re.search(r"127.0.0.1:(\d+) for", line).group(1))
            with connect(port, certificates.ca) as tls:
                round_trip(tls)
            assert b"sesame" not in seen + os.read(ours, 1000)
            process.send_signal(signal.SIGHUP)
            assert "stopped" not in (line := process.stderr.readline()), line
            while "reload" not in line:
                line = process.stderr.readline()
            assert "reloaded" in line, "a reload does not ask again"
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
            os.close(ours)
            os.close(theirs)


def test_the_certificate_is_chosen_by_name(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--cert", certificates.other.cert, "--key", certificates.other.key)
        with connect(proxy.port, certificates.other.cert, name="other.example") as tls:
            assert ("commonName", "other") in tls.getpeercert()["subject"][0]
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)


def test_a_configuration_file_holds_several_services(tmp_path, certificates):
    file = tmp_path / "sotto.toml"
    with Backend(echo) as backend:
        file.write_text(f'''
            log_format = "json"
            [[service]]
            name = "tls"
            from = "tls://127.0.0.1:0"
            to = "{backend.address}"
            certificates = [{{ cert = "{certificates.cert}", key = "{certificates.key}" }}]
            [[service]]
            name = "plain"
            from = "tcp://localhost:0"
            to = "{backend.address}"
        ''')
        with Gateway("--config", file) as proxy:
            records = [json.loads(line) for line in proxy.lines]
            listening = {record["message"].split(":")[0]: record["message"] for record in records}
            port = int(re.search(r"127.0.0.1:(\d+) for", listening["tls"]).group(1))
            with connect(port, certificates.ca) as tls:
                round_trip(tls)
            proxy.wait_for('"event":"connection"')
            record = next(r for r in map(json.loads, proxy.lines) if r["event"] == "connection")
            assert record["service"] == "tls"
            assert record["octets_to_backend"] == record["octets_to_client"] == 25
            assert record["client_tls"]["version"] == "TLS 1.3"


@pytest.mark.parametrize("flags, expected", [([], "TLS 1.3"), (["--max-version", "tls1.2"], "TLS 1.2")])
def test_the_log_tells_the_version(gateway, certificates, flags, expected):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, *flags)
        with connect(proxy.port, certificates.ca) as tls:
            assert tls.version() == expected.replace("TLS ", "TLSv")
            round_trip(tls)
        proxy.wait_for(rf"to {backend.address}, {expected} TLS_\w+, ECDHE with x25519 ")


def test_a_configuration_file_can_leave_tls_1_2_out(tmp_path, certificates):
    file = tmp_path / "sotto.toml"
    with Backend(echo) as backend:
        file.write_text(f'''
            [[service]]
            from = "tls://127.0.0.1:0"
            to = "{backend.address}"
            certificates = [{{ cert = "{certificates.cert}", key = "{certificates.key}" }}]
            min_version = "tls1.3"
        ''')
        with Gateway("--config", file) as proxy:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                old = client_context(certificates.ca, maximum_version=ssl.TLSVersion.TLSv1_2)
                with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
                    old.wrap_socket(plain, server_hostname="localhost")
            with connect(proxy.port, certificates.ca) as tls:
                assert tls.version() == "TLSv1.3"
                round_trip(tls)


# Authentication

def test_a_backend_that_cannot_be_authenticated_gets_nothing(certificates):
    received = []
    with Backend(lambda c: received.append(c.recv(100)), server_context(certificates)) as backend:
        with Gateway("tcp://127.0.0.1:0", f"tls://localhost:{backend.port}", "--roots", certificates.other.cert) as proxy:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                plain.sendall(b"secret")
                with pytest.raises(ConnectionResetError):
                    assert plain.recv(10) != b""
            proxy.wait_for(r"handshake with tls://localhost:\d+ failed: .*not issued by an authority that is trusted")
    assert received == []


def test_a_backend_with_another_name_is_refused_unless_the_name_is_given(certificates):
    context = server_context(certificates)
    context.load_cert_chain(certificates.other.cert, certificates.other.key)
    with Backend(echo, context) as backend:
        target = f"tls://127.0.0.1:{backend.port}"
        with Gateway("tcp://127.0.0.1:0", target, "--roots", certificates.other.cert) as proxy:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                with pytest.raises(ConnectionResetError):
                    plain.recv(10)
            proxy.wait_for("failed: .*name")
        for flags in (["--roots", certificates.other.cert, "--servername", "other.example"], ["--insecure-backend"]):
            with Gateway("tcp://127.0.0.1:0", target, *flags) as proxy:
                with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                    round_trip(plain)
                assert bool(proxy.matches("NOT authenticated")) == ("--insecure-backend" in flags)


@pytest.fixture(scope="module")
def client_certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    cert, key = folder / "client.pem", folder / "client.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "ca.key", "-out",
            folder / "ca.pem", "-days", "2", "-subj", "/CN=clients", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", folder / "client.csr",
            "-subj", "/CN=alice")
    (folder / "ext").write_text("extendedKeyUsage=clientAuth\nsubjectAltName=DNS:alice.example\n")
    openssl("x509", "-req", "-in", folder / "client.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
            "-days", "2", "-out", cert, "-extfile", folder / "ext")
    return folder / "ca.pem", cert, key


def test_client_certificates_can_be_required(gateway, certificates, client_certificate):
    ca, cert, key = client_certificate
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--client-auth", "required", "--client-ca", ca)
        with_certificate = run("connect", f"localhost:{proxy.port}", "--roots", certificates.ca, "--cert", cert, "--key", key,
                               stdin=b"hello")
        assert with_certificate.returncode == 0 and with_certificate.stdout == b"hello", with_certificate.stderr.decode()
        proxy.wait_for("client authenticated")
        assert proxy.log().count("authenticated") == 1, "it is said once"
        without = run("connect", f"localhost:{proxy.port}", "--roots", certificates.ca, stdin=b"hello")
        assert without.returncode == 5 and b"certificate_required" in without.stderr, without.stderr.decode()
        assert without.stdout == b""
        proxy.wait_for("failed: the peer showed no certificate, and one is required")
        assert backend.accepted == 1, "an unauthenticated client never reaches the backend"


def test_a_backend_may_ask_for_a_certificate(certificates, client_certificate):
    ca, cert, key = client_certificate
    context = server_context(certificates, verify_mode=ssl.CERT_REQUIRED)
    context.load_verify_locations(ca)
    with Backend(echo, context) as backend, Gateway(
            "tcp://127.0.0.1:0", f"tls://localhost:{backend.port}", "--roots", certificates.ca, "--backend-cert", cert,
            "--backend-key", key) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
        round_trip(plain)


# How connections end

def test_half_close_is_passed_on_through_tls(gateway, certificates):
    with Backend(answer_after_the_end) as backend:
        proxy = gateway(backend.address)
        result = run("connect", "-q", "--roots", certificates.ca, f"localhost:{proxy.port}", stdin=b"x" * 100_000)
        assert result.stdout == b"got 100000 octets: xxxxxxxx", result.stderr.decode()
        assert result.returncode == 0


def test_half_close_of_a_plain_client_becomes_close_notify(gateway, certificates):
    with Backend(answer_after_the_end) as backend:
        inner = gateway(backend.address)
        with Gateway("tcp://127.0.0.1:0", f"tls://localhost:{inner.port}", "--roots", certificates.ca) as outer:
            with socket.create_connection(("127.0.0.1", outer.port), timeout=PATIENCE) as plain:
                plain.sendall(b"abcdefgh")
                plain.shutdown(socket.SHUT_WR)
                assert plain.makefile("rb").read() == b"got 8 octets: abcdefgh"


def test_half_close_of_the_backend_is_passed_on(gateway, certificates):
    done = []

    def close_first(connection):
        connection.sendall(b"bye")
        connection.shutdown(socket.SHUT_WR)
        done.append(connection.recv(100))

    with Backend(close_first) as backend:
        proxy = gateway(backend.address)
        client = RawTls(proxy.port, certificates.ca)
        assert client.read() == b"bye"
        assert client.read() == b"", "close_notify"
        client.send(b"still here")
        wait_until(lambda: done, "the backend reads on")
        assert done == [b"still here"]


def test_truncation_by_the_client_is_an_abort_for_the_backend(gateway, certificates):
    with Backend(lambda c: (c.recv(100), c.recv(100))) as backend:
        proxy = gateway(backend.address)
        client = RawTls(proxy.port, certificates.ca)
        client.send(b"half a request")
        wait_until(lambda: backend.accepted, "the backend is reached")
        client.socket.shutdown(socket.SHUT_WR)  # FIN without close_notify
        wait_until(lambda: backend.results, "the backend learns it")
        assert isinstance(backend.results[0], ConnectionResetError), backend.results
        proxy.wait_for("truncated: the client ended the connection without close_notify")


def test_a_reset_of_the_backend_is_an_abort_for_the_client(gateway, certificates):
    def serve(connection):
        connection.recv(100)
        reset(connection)

    with Backend(serve) as backend:
        proxy = gateway(backend.address)
        client = RawTls(proxy.port, certificates.ca)
        client.send(b"hello")
        with pytest.raises(OSError):
            assert client.read() != b"", "an end of the data would be a lie"
        proxy.wait_for("the connection to the backend failed")


def test_a_backend_that_refuses_is_logged_and_the_client_is_cut(gateway, certificates):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = gateway(f"tcp://127.0.0.1:{unused.getsockname()[1]}")
        client = RawTls(proxy.port, certificates.ca)
        with pytest.raises(OSError):
            assert client.read() != b""
        proxy.wait_for("the backend cannot be reached: Connection refused")


@pytest.mark.parametrize("cut", ["in the middle of a record", "between records"])
def test_a_reset_of_the_client_leaves_nothing_behind(gateway, certificates, cut):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        before = proxy.descriptors()
        for _ in range(20):
            client = RawTls(proxy.port, certificates.ca)
            records = client.seal(b"x" * 10_000)
            client.socket.sendall(records[: len(records) // 2] if cut == "in the middle of a record" else records)
            reset(client.socket)
        wait_until(lambda: proxy.descriptors() == before, "all descriptors are closed")


def test_kill_9_of_the_client_leaves_nothing_behind(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        before = proxy.descriptors()
        clients = [subprocess.Popen([SOTTO, "connect", "-q", "--roots", certificates.ca, f"localhost:{proxy.port}"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(10)]
        for client in clients:
            client.stdin.write(b"hello")
            client.stdin.flush()
            assert client.stdout.read(5) == b"hello"
        assert proxy.descriptors() == before + 20
        for client in clients:
            client.kill()
            client.communicate()
        wait_until(lambda: proxy.descriptors() == before, "all descriptors are closed")


def test_kill_9_of_the_backend_leaves_nothing_behind(gateway, certificates):
    script = ("import socket, threading\n"
              "s = socket.create_server(('127.0.0.1', 0))\n"
              "print(s.getsockname()[1], flush=True)\n"
              "def echo(c):\n"
              "    while data := c.recv(65536): c.sendall(data)\n"
              "while True: threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()\n")
    backend = subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        proxy = gateway(f"tcp://127.0.0.1:{int(backend.stdout.readline())}")
        before = proxy.descriptors()
        clients = [connect(proxy.port, certificates.ca) for _ in range(10)]
        for client in clients:
            round_trip(client)
        assert proxy.descriptors() == before + 20
        backend.kill()
        for client in clients:
            client.settimeout(PATIENCE)
            try:
                assert client.recv(10) == b""
                client.unwrap()
            except OSError:
                pass
            client.close()
        wait_until(lambda: proxy.descriptors() == before, "all descriptors are closed")
    finally:
        backend.kill()
        backend.communicate()


# Limits and timeouts

def test_a_silent_client_is_dropped_after_the_handshake_timeout(gateway, certificates):
    proxy = gateway("tcp://127.0.0.1:1", "--handshake-timeout", "300ms")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
        started = time.monotonic()
        with pytest.raises(ConnectionResetError):
            plain.recv(1)
        assert 0.2 < time.monotonic() - started < 5
    proxy.wait_for("the handshake was not finished in time")


def test_a_connection_on_which_nothing_moves_is_ended(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--idle-timeout", "1500ms")
        with connect(proxy.port, certificates.ca) as tls:
            for _ in range(3):
                time.sleep(0.7)
                round_trip(tls)
            with pytest.raises(OSError):
                assert tls.recv(1) != b""
        proxy.wait_for("idle for too long")


def test_clients_above_the_limit_wait_for_their_turn(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--max-connections", "2")
        first, second = connect(proxy.port, certificates.ca), connect(proxy.port, certificates.ca)
        round_trip(first)
        round_trip(second)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            third = pool.submit(connect, proxy.port, certificates.ca)
            with pytest.raises(concurrent.futures.TimeoutError):
                third.result(timeout=0.5)
            first.close()
            with third.result(timeout=PATIENCE) as tls:
                round_trip(tls)
        second.close()


def test_a_reload_lets_nobody_in_above_the_limit(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--max-connections", "1")
        first = connect(proxy.port, certificates.ca)
        round_trip(first)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            second = pool.submit(connect, proxy.port, certificates.ca)
            proxy.tell(signal.SIGHUP)
            proxy.wait_for("reloaded")
            with pytest.raises(concurrent.futures.TimeoutError):
                second.result(timeout=0.5)
            first.close()
            with second.result(timeout=PATIENCE) as tls:
                round_trip(tls)


def test_more_clients_than_descriptors_are_served_one_after_the_other():
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    with Backend(echo) as backend, Gateway("tcp://127.0.0.1:0", backend.address, preexec=limit) as proxy:
        clients = [socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) for _ in range(100)]
        for client in clients:
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            client.close()


def test_it_survives_a_lack_of_descriptors():
    with Backend(echo) as backend, Gateway("tcp://127.0.0.1:0", backend.address) as proxy:
        before = proxy.descriptors()
        normal = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (before + 5, normal[1]))
        clients = [socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) for _ in range(20)]
        proxy.wait_for("Too many open files")
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, normal)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
            round_trip(plain)
        for client in clients:
            client.close()
        wait_until(lambda: proxy.descriptors() == before, "all descriptors are closed")


# Signals

def test_sigterm_lets_connections_end_and_takes_no_new_ones(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)
            proxy.tell(signal.SIGTERM)
            proxy.wait_for("stopping: 1 connections")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", proxy.port))
            round_trip(tls, b"still served")
            assert proxy.process.poll() is None
            tls.unwrap()
        assert proxy.process.wait(PATIENCE) == 0


def test_the_drain_has_a_deadline_and_a_second_signal_ends_it(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--drain-timeout", "300ms")
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)
            assert proxy.stop() == 0
            assert proxy.matches("1 connections did not end in time and are cut")
        proxy = gateway(backend.address, "--drain-timeout", "1h")
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)
            proxy.tell(signal.SIGINT)
            proxy.wait_for("stopping")
            assert proxy.stop(signal.SIGINT) == 0


def serial_of(tls):
    return tls.getpeercert()["serialNumber"]


def test_sighup_brings_new_certificates_under_load_and_drops_nobody(tmp_path, certificates, data_home):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    shutil.copy(certificates.cert, cert)
    shutil.copy(certificates.key, key)
    renewed = run("cert", "dev", "localhost", "renewed.test", env={"XDG_DATA_HOME": str(shutil.copytree(data_home, tmp_path / "x"))})
    rows = dict(line.split(None, 1) for line in renewed.stdout.decode().splitlines())
    with Backend(echo) as backend, Gateway("tls://127.0.0.1:0", backend.address, "--cert", cert, "--key", key) as proxy:
        stop, served = [], []

        def load():
            while not stop:
                with connect(proxy.port, certificates.ca) as tls:
                    round_trip(tls)
                    served.append(serial_of(tls))
                    tls.unwrap()

        with connect(proxy.port, certificates.ca) as old, concurrent.futures.ThreadPoolExecutor() as pool:
            loads = [pool.submit(load) for _ in range(3)]
            before = serial_of(old)
            wait_until(lambda: len(served) > 20, "connections are served")
            shutil.copy(rows["key"], key)
            shutil.copy(rows["cert"], cert)
            proxy.tell(signal.SIGHUP)
            proxy.wait_for("reloaded")
            with connect(proxy.port, certificates.ca) as new:
                assert serial_of(new) != before
            count = len(served)
            wait_until(lambda: len(served) > count + 20, "connections are served after the reload")
            stop.append(True)
            for one in loads:
                one.result()
            round_trip(old, b"the old connection lives on")
        assert len(set(served)) == 2

        cert.write_text("garbage\n")
        proxy.tell(signal.SIGHUP)
        proxy.wait_for("error the reload failed, and everything stays as it was: .*cert.pem")
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)


def test_sighup_reads_the_configuration_again(tmp_path):
    file = tmp_path / "sotto.toml"
    with Backend(echo) as first, Backend(lambda c: c.sendall(b"second")) as second:
        one, two = tmp_path / "one.sock", tmp_path / "two.sock"
        service = '[[service]]\nfrom = "unix:{}"\nto = "{}"\n'
        file.write_text(service.format(one, first.address))
        with Gateway("--config", file) as proxy:
            file.write_text(service.format(two, second.address))
            proxy.tell(signal.SIGHUP)
            proxy.wait_for("reloaded")
            with socket.socket(socket.AF_UNIX) as plain:
                plain.connect(str(two))
                assert plain.makefile("rb").read() == b"second"
            assert not one.exists()


# Old versions, and what is no TLS

def hello(version):
    """A ClientHello of an old client: no extensions."""
    body = version + bytes(32) + b"\0" + b"\0\x04\x00\x2f\xc0\x2f" + b"\1\0"
    handshake = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16" + min(version, b"\3\1") + len(handshake).to_bytes(2, "big") + handshake


SSL2_HELLO = b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + b"\x01\x00\x80" * 7 + bytes(16)
PROTOCOL_VERSION = 70


@pytest.mark.parametrize("name, octets", [("SSL 3.0", hello(b"\3\0")), ("TLS 1.0", hello(b"\3\1")), ("TLS 1.1", hello(b"\3\2")),
                                          ("SSL 2.0", SSL2_HELLO)])
def test_old_hellos_are_refused_with_protocol_version(gateway, certificates, name, octets):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
            plain.sendall(octets)
            answer = plain.makefile("rb").read()
        assert answer[0] == 21 and answer[3:] == bytes([0, 2, 2, PROTOCOL_VERSION]), answer.hex()
        proxy.wait_for(r"handshake with 127\.0\.0\.1:\d+ failed: ")
        with connect(proxy.port, certificates.ca) as tls:
            round_trip(tls)
        assert backend.accepted == 1


@pytest.mark.parametrize("octets", [b"\0" * 300, b"SSH-2.0-OpenSSH_9.2\r\n", os.urandom(2000), b"\x16\x03\x01\xff\xff" + b"x" * 2000])
def test_garbage_is_refused_and_disturbs_nobody(gateway, certificates, octets):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        with connect(proxy.port, certificates.ca) as other:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                plain.sendall(octets)
                answer = plain.makefile("rb").read()
            assert answer[:1] == b"\x15", answer
            round_trip(other)
        proxy.wait_for("failed: ")


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /x HTTP/1.0\r\n\r\n",
                                          b"HEAD / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_plain_http_is_told_that_this_port_speaks_tls(gateway, certificates, request_line):
    proxy = gateway("tcp://127.0.0.1:1")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
        plain.sendall(request_line)
        answer = plain.makefile("rb").read()
    if request_line.startswith(b"PRI"):
        assert answer == b"" or answer[0] == 21 or answer.startswith(b"HTTP/1.0 400")
        return
    assert answer.startswith(b"HTTP/1.0 400 Bad Request\r\n") and b"speaks TLS" in answer
    proxy.wait_for("plain HTTP request to a port that speaks TLS")


def test_a_plain_server_behind_a_tls_endpoint_is_explained(certificates):
    with Backend(lambda c: c.sendall(b"220 mail.example ESMTP\r\n")) as backend, Gateway(
            "tcp://127.0.0.1:0", f"tls://localhost:{backend.port}", "--roots", certificates.ca) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
            with pytest.raises(ConnectionResetError):
                plain.recv(1)
        proxy.wait_for(r"handshake with tls://localhost:\d+ failed: ")


# Other programs

def test_the_demo_site_comes_through_to_curl(data_home, certificates):
    env = {"XDG_DATA_HOME": str(data_home)}
    with Gateway("--dev", "tls://127.0.0.1:0", env=env) as proxy:
        curl = ["curl", "-sS", "--cacert", str(certificates.ca)]
        page = subprocess.run([*curl, f"https://localhost:{proxy.port}/"], capture_output=True, check=True).stdout
        assert b"This page came through sotto." in page
        health = subprocess.run([*curl, f"https://127.0.0.1:{proxy.port}/healthz"], capture_output=True, check=True).stdout
        assert health == b"ok\n"
        absent = subprocess.run([*curl, "-o", "/dev/null", "-w", "%{http_code}", f"https://localhost:{proxy.port}/nothing"],
                                capture_output=True, check=True).stdout
        assert absent == b"404"


def test_openssl_and_gnutls_clients_come_through(gateway, certificates):
    with Backend(answer_after_the_end) as backend:
        proxy = gateway(backend.address)
        s_client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-servername", "localhost",
                                   "-CAfile", certificates.ca, "-verify_return_error", "-quiet", "-no_ign_eof"],
                                  input=b"hello", capture_output=True, timeout=PATIENCE)
        assert s_client.returncode == 0, s_client.stderr.decode()
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        process = subprocess.Popen(["gnutls-cli", "--x509cafile", certificates.ca, "--port", str(proxy.port), "--logfile=/dev/null",
                                    "localhost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"hello\n"
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_openssl_s_server_is_a_backend(certificates):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificates.cert, "-key",
                               certificates.key, "-tls1_3", "-rev", "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        with Gateway("tcp://127.0.0.1:0", f"tls://localhost:{port}", "--roots", certificates.ca) as proxy:
            wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "s_server listens")
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as plain:
                plain.sendall(b"hello\n")
                assert plain.recv(100) == b"olleh\n"
    finally:
        server.kill()
        server.wait()
