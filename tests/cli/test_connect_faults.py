"""`sotto connect` when the machine, the network and the server fail: the exit code and the sentence that say so."""

import contextlib
import hashlib
import os
import random
import signal
import socket
import ssl
import subprocess
import threading

import pytest

import cli_support as support
from cli_support import Backend, echo, reset

TROUBLED = {"LD_PRELOAD": support.TROUBLED_IO}


def tls_server(certificates, serve):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    return Backend(serve, context)


def start(port, certificates, *flags, faults=None, redirect="", **settings):
    """Starts the program by a shell, which may redirect or close what it likes."""
    command = [support.SOTTO, "connect", f"localhost:{port}", "--roots", str(certificates.ca), *flags]
    environment = {**os.environ, "NO_COLOR": "1"}
    if faults:
        # By env, for the shell's own reads are not meant.
        command = ["env", *(f"{name}={value}" for name, value in TROUBLED.items()), f"SOTTO_FAULTS={faults}", *command]
    return subprocess.Popen(["sh", "-c", f'exec "$@" {redirect}', "sh", *command], env=environment,
                            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings})


def finish(process, data=b""):
    """Returns exit code, output and the log."""
    out, err = process.communicate(data, timeout=60)
    return process.returncode, out, (err or b"").decode()


def say_much(connection):
    with contextlib.suppress(OSError):
        for _ in range(200):
            connection.sendall(b"much " * 2000)
        return echo(connection)


def test_interrupted_and_partial_calls_lose_no_octet(certificates):
    data = random.Random(5).randbytes(3_000_000)
    with tls_server(certificates, echo) as server:
        code, out, log = finish(start(server.port, certificates, faults="seed=5,eintr=80,eagain=80,short=400"), data)
        assert code == 0, log
        assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()


def test_a_reset_has_its_exit_code_and_what_came_is_right(certificates):
    data = random.Random(6).randbytes(500_000)
    codes = []
    with tls_server(certificates, echo) as server:
        for seed in range(12):
            code, out, log = finish(start(server.port, certificates, faults=f"seed={seed},reset=25"), data)
            codes.append(code)
            assert code in (0, 4, 7), log
            assert data.startswith(out)
            if code == 0:
                assert out == data
            else:
                assert "Connection reset by peer" in log
    assert 7 in codes


def test_a_server_that_resets_in_the_middle_is_told(certificates):
    def serve(connection):
        connection.sendall(b"half of ")
        connection.recv(1)
        reset(connection)

    with tls_server(certificates, serve) as server:
        process = start(server.port, certificates)
        assert process.stdout.read(8) == b"half of "
        code, out, log = finish(process, b"x")
        assert (code, out) == (7, b""), log
        assert "the connection to tls://localhost" in log and "failed" in log


def test_standard_input_waits_while_a_renegotiation_takes_its_time(certificates, tmp_path):
    data = b"no line of one letter\n" * 150_000  # more than what may be kept back
    received = tmp_path / "received"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with received.open("wb") as out, subprocess.Popen(
            ["openssl", "s_server", "-quiet", "-tls1_2", "-client_renegotiation", "-naccept", "1", "-accept",
             f"127.0.0.1:{port}", "-cert", certificates.cert, "-key", certificates.key], stdin=subprocess.PIPE, stdout=out,
            stderr=subprocess.DEVNULL) as server:
        support.wait_until(lambda: f":{port:04X} " in open("/proc/net/tcp").read(), "the server listens")
        process = start(port, certificates, "--commands", "--policy", "legacy", "--max-version", "tls1.2", "--no-half-close")
        assert b"Connected" in process.stderr.readline()
        server.send_signal(signal.SIGSTOP)
        def type_all():
            with contextlib.suppress(OSError):
                process.stdin.write(b"R\n" + data)
                process.stdin.close()

        typing = threading.Thread(target=type_all)
        typing.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.7)
        server.send_signal(signal.SIGCONT)
        support.wait_until(lambda: received.stat().st_size >= len(data) or process.poll() is not None, "all has arrived")
        typing.join(60)
        server.stdin.close()
        server.terminate()
        log = process.stderr.read().decode()
        process.wait(60)
    assert received.read_bytes() == data, log
    assert "Renegotiated, once" in log


def test_a_server_that_is_gone_before_the_handshake_is_told(certificates):
    with Backend(lambda plain: plain.recv(1) and reset(plain)) as server:
        code, out, log = finish(start(server.port, certificates))
        assert (code, out) == (4, b""), log
        assert "sotto: the handshake with localhost at " in log


def test_a_server_that_says_nothing_is_told(certificates):
    def listen(plain):
        while plain.recv(1000):
            pass

    with Backend(listen) as server:
        code, out, log = finish(start(server.port, certificates, "--handshake-timeout", "1s"))
        assert (code, out) == (4, b""), log
        assert "the handshake was not finished in time" in log


def test_standard_input_that_is_closed_is_an_error_and_no_end_of_the_data(certificates):
    seen = []

    def serve(connection):
        try:
            while connection.recv(1000):
                pass
            connection.unwrap()  # only with the client's close_notify
            seen.append("an orderly end")
        except OSError:
            seen.append("cut")

    with tls_server(certificates, serve) as server:
        code, _, log = finish(start(server.port, certificates, redirect="<&-"))
        assert code == 1, log
        assert "sotto: standard input cannot be read: Bad file descriptor" in log
        support.wait_until(lambda: seen, "the server has seen the end")
        assert seen == ["cut"]


@pytest.mark.parametrize("redirect, why", [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_output_that_cannot_be_written_is_an_error(certificates, redirect, why):
    with tls_server(certificates, say_much) as server:
        code, _, log = finish(start(server.port, certificates, redirect=redirect))
        assert code == 1, log
        assert f"sotto: standard output cannot be written: {why}" in log


def test_a_reader_that_is_gone_is_an_error_and_no_signal(certificates):
    with tls_server(certificates, say_much) as server:
        process = start(server.port, certificates)
        process.stdout.close()
        process.stdin.close()
        log = process.stderr.read().decode()
        assert process.wait(support.PATIENCE) == 1, log
        assert "sotto: standard output cannot be written: Broken pipe" in log


def test_a_document_that_cannot_be_written_is_an_error(certificates):
    with tls_server(certificates, echo) as server:
        code, _, log = finish(start(server.port, certificates, "--json", redirect=">/dev/full"))
        assert code == 1, log
        assert "sotto: standard output cannot be written" in log
    for arguments in (["policy", "modern", "--json"], ["--help"], ["cert", "--help"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([support.SOTTO, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=support.PATIENCE)
        assert done.returncode == 1, (arguments, done.stderr)


@pytest.mark.parametrize("redirect", ["2>/dev/full", "2>&-"])
def test_facts_that_cannot_be_told_do_not_end_the_connection(certificates, redirect):
    with tls_server(certificates, echo) as server:
        process = start(server.port, certificates, "--story", redirect=redirect)
        code, out, _ = finish(process, b"data all the same")
        assert (code, out) == (0, b"data all the same")
        # A failure still has its exit code.
        process = start(server.port, certificates, "--servername", "other.example", redirect=redirect)
        assert finish(process)[:2] == (6, b"")


def test_output_that_does_not_wait_is_waited_for(certificates):
    """A pipe that somebody has made non-blocking: its reader is slow, and nothing is lost."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with tls_server(certificates, echo) as server:
        data = random.Random(7).randbytes(1_000_000)
        process = start(server.port, certificates, stdout=theirs)
        os.close(theirs)

        def feed():
            process.stdin.write(data)
            process.stdin.close()

        threading.Thread(target=feed).start()
        received = b""
        with open(ours, "rb", buffering=0) as pipe:
            while block := pipe.read(3000):
                received += block
        log = process.stderr.read().decode()
        assert process.wait(support.PATIENCE) == 0, log
        assert received == data
