"""The gateway when the machine, the network and the peers fail: no crash, no leak, no lost octet where all was well.

`troubled` loads what tests/faults builds into the gateway, which makes the calls of the kernel fail as they may."""

import concurrent.futures
import contextlib
import errno
import hashlib
import os
import resource
import shutil
import signal
import socket
import ssl
import threading
import time

import pytest

import cli_support as support
from cli_support import Backend, Gateway, connect, echo, reset, wait_until
from fault_support import INTERRUPTED, Failing, assert_served, client_hello, content, echoed, free_port

# What the kernel does

def test_interrupted_and_partial_calls_lose_no_octet(troubled, certificates):
    with Backend(echo) as backend:
        proxy = troubled(backend.address, INTERRUPTED)
        data = [content(seed, 1_500_000) for seed in range(6)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            results = list(pool.map(lambda one: echoed(proxy.port, certificates.ca, one), data))
        assert results == [hashlib.sha256(one).hexdigest() for one in data]


def test_interrupted_and_partial_calls_do_no_harm_to_a_tls_backend(troubled, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    with Backend(echo, context) as backend:
        proxy = troubled(f"tls://localhost:{backend.port}", INTERRUPTED, "--roots", certificates.ca)
        data = content(5, 1_000_000)
        assert echoed(proxy.port, certificates.ca, data) == hashlib.sha256(data).hexdigest()


def test_interrupted_and_partial_calls_do_no_harm_to_a_dialogue(troubled, certificates):
    def serve(plain):
        plain.sendall(b"220 mail.example ESMTP\r\n")
        return echo(plain)

    with Backend(serve) as backend:
        proxy = troubled(backend.address, INTERRUPTED, listen="smtp+starttls://127.0.0.1:0")
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=support.PATIENCE) as plain:
                file = plain.makefile("rb")
                assert file.readline().startswith(b"220 ")
                plain.sendall(b"EHLO client.example\r\n")
                while not (line := file.readline()).startswith(b"250 "):
                    assert line.startswith(b"250-"), line
                plain.sendall(b"STARTTLS\r\n")
                assert file.readline().startswith(b"220 ")
                with support.client_context(certificates.ca).wrap_socket(plain, server_hostname="localhost") as tls:
                    tls.sendall(b"NOOP\r\n")
                    assert tls.recv(100) == b"NOOP\r\n"


def test_a_reset_ends_its_connection_and_is_never_taken_for_the_end(troubled, certificates):
    def attempt(seed):
        """Returns whether all came back; what did come back must be right, and an orderly end means that it was all."""
        data = content(seed, 60_000)
        received, ended = b"", False
        try:
            with connect(proxy.port, certificates.ca) as tls:
                tls.sendall(data)
                while len(received) < len(data) and not ended:
                    got = tls.recv(65536)
                    received += got
                    ended = not got
        except OSError:
            ended = False
        assert data.startswith(received)
        assert not ended, "the proxy said that this was all"
        return received == data

    with Backend(echo) as backend:
        proxy = troubled(backend.address, "seed=3,reset=15,short=200")
        resting = proxy.descriptors()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = list(pool.map(attempt, range(200)))
        assert 10 < results.count(True) < 190, "some are cut, and some are not"
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


@contextlib.contextmanager
def few_descriptors(proxy, spare):
    """Leaves the gateway with `spare` descriptors."""
    before = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (proxy.descriptors() + spare, before[1]))
    yield
    resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, before)


def test_without_descriptors_clients_wait_and_the_processor_rests(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        with few_descriptors(proxy, 8):
            inside = [connect(proxy.port, certificates.ca) for _ in range(4)]
            outside = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(20)]
            proxy.wait_for("new clients must wait: Too many open files")
            before = proxy.processor_seconds()
            time.sleep(1.5)
            assert proxy.processor_seconds() - before < 0.3
            inside[0].sendall(b"served all the same")
            assert inside[0].recv(100) == b"served all the same"
            for one in inside + outside:
                one.close()
            assert_served(proxy, certificates)


@pytest.mark.parametrize("number", [errno.ENFILE, errno.ENOMEM, errno.ENOBUFS], ids=errno.errorcode.get)
def test_an_exhausted_machine_makes_clients_wait(troubled, certificates, tmp_path, number):
    accepting = Failing(tmp_path, "accepting")
    with Backend(echo) as backend:
        proxy = troubled(backend.address, accepting.faults)
        accepting.begin(number)
        waiting = socket.create_connection(("127.0.0.1", proxy.port))
        proxy.wait_for(f"new clients must wait: {os.strerror(number)}")
        before = proxy.processor_seconds()
        time.sleep(0.7)
        assert proxy.processor_seconds() - before < 0.3
        accepting.end()
        assert_served(proxy, certificates)
        waiting.close()


def test_connections_without_memory_are_cut_and_the_gateway_goes_on(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--workers", "2")
        for _ in range(4):
            assert_served(proxy, certificates)
        resting = proxy.descriptors()
        before = resource.prlimit(proxy.process.pid, resource.RLIMIT_AS)
        used = os.sysconf("SC_PAGE_SIZE") * int(open(f"/proc/{proxy.process.pid}/statm").read().split()[0])
        resource.prlimit(proxy.process.pid, resource.RLIMIT_AS, (used, before[1]))
        hello = client_hello(certificates)
        crowd = []
        for _ in range(1500):
            plain = socket.create_connection(("127.0.0.1", proxy.port))
            with contextlib.suppress(OSError):  # it was cut
                plain.sendall(hello[:-1])
            crowd.append(plain)
        proxy.wait_for("std::bad_alloc|memory ran out|Cannot allocate memory")
        resource.prlimit(proxy.process.pid, resource.RLIMIT_AS, before)
        for plain in crowd:
            plain.close()
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")
        for _ in range(4):
            assert_served(proxy, certificates)


@pytest.mark.parametrize("log", ["full", "closed"])
def test_a_log_that_cannot_be_written_stops_nothing(certificates, log):
    port = free_port()
    ours, theirs = os.pipe()
    with Backend(echo) as backend, open("/dev/full", "w") as full:
        arguments = [support.SOTTO, "proxy", f"tls://127.0.0.1:{port}", backend.address, "--cert", certificates.cert, "--key", certificates.key]
        process = support.subprocess.Popen([*map(str, arguments)], stdin=support.subprocess.DEVNULL,
                                           stderr=full if log == "full" else theirs)
        os.close(theirs)
        os.close(ours)
        try:
            def answers():
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    return True

            wait_until(answers, "the gateway listens")
            data = content(2, 100_000)
            for _ in range(20):
                assert echoed(port, certificates.ca, data) == hashlib.sha256(data).hexdigest()
            process.send_signal(signal.SIGHUP)
            assert echoed(port, certificates.ca, data) == hashlib.sha256(data).hexdigest()
        finally:
            process.terminate()
            assert process.wait(support.PATIENCE) == 0


def test_a_gateway_that_is_started_without_standard_descriptors_keeps_its_sockets_apart(certificates):
    """The first descriptor that is opened would be number 2, and the log would go to a peer."""
    port = free_port()
    with Backend(echo) as backend:
        command = f'exec "$@" <&- >&- 2>&-'
        process = support.subprocess.Popen(
            ["sh", "-c", command, "sh", support.SOTTO, "proxy", f"tls://127.0.0.1:{port}", backend.address, "--cert",
             str(certificates.cert), "--key", str(certificates.key)])
        try:
            def served():
                with contextlib.suppress(OSError):
                    data = content(3, 10_000)
                    return echoed(port, certificates.ca, data) == hashlib.sha256(data).hexdigest()

            for _ in range(5):
                wait_until(served, "the gateway serves")
            for number in range(3):
                assert not os.readlink(f"/proc/{process.pid}/fd/{number}").startswith(("socket:", "anon_inode:"))
        finally:
            process.terminate()
            assert process.wait(support.PATIENCE) == 0


# What the backend does

@pytest.mark.parametrize("end", [reset, lambda plain: plain.close()], ids=["reset", "fin"])
def test_a_backend_that_dies_in_the_middle_does_not_look_complete(gateway, certificates, end):
    def serve(plain):
        plain.sendall(b"a" * 100_000)
        end(plain)

    with Backend(serve) as backend:
        proxy = gateway(backend.address)
        tls = connect(proxy.port, certificates.ca)
        received = b""
        try:
            while got := tls.recv(65536):
                received += got
            complete = True
        except OSError:
            complete = False
        assert (b"a" * 100_000).startswith(received)
        # In plain TCP a FIN is the end of the data, and a reset is none.
        assert complete == (end is not reset)
        assert not complete or len(received) == 100_000
        tls.close()


def test_a_backend_that_never_answers_holds_up_nobody_else(gateway, certificates):
    silent = []
    with Backend(lambda plain: silent.append(plain.recv(1)) or echo(plain)) as backend:
        proxy = gateway(backend.address, "--idle-timeout", "1s")
        resting = proxy.descriptors()
        waiting = [connect(proxy.port, certificates.ca) for _ in range(30)]
        data = content(4, 50_000)
        with connect(proxy.port, certificates.ca) as tls:
            tls.sendall(b"x" + data)
            received = b""
            while len(received) < len(data):
                received += tls.recv(65536)
            assert received == data
        proxy.wait_for("idle for too long")
        for one in waiting:
            one.close()
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


# What clients do

GROWTH_KIB = 2048


def test_five_thousand_connections_leave_nothing_behind(gateway, certificates, report):
    """Whole ones, and cut ones of several kinds. Memory and descriptors return to where they were after the first 500."""
    context = support.client_context(certificates.ca)

    def visit(number):
        plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=support.PATIENCE)
        kind = number % 5
        if kind == 0:
            plain.sendall(hello[: 1 + number % len(hello)])
            return reset(plain)
        if kind == 1:
            return plain.close()
        if kind == 2:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            return plain.close()
        with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
            tls.sendall(b"x" * (number % 3000 + 1))
            if kind == 3:
                return reset(tls)
            left = number % 3000 + 1
            while left:
                left -= len(tls.recv(left))
            tls.unwrap()

    with Backend(echo) as backend:
        proxy = gateway(backend.address)
        hello = client_hello(certificates)
        resting = proxy.descriptors()
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(visit, range(500)))
            wait_until(lambda: proxy.descriptors() <= resting, "the first 500 are gone")
            memory = proxy.resident_kib()
            list(pool.map(visit, range(500, 5000)))
        wait_until(lambda: proxy.descriptors() <= resting, "all are gone")
        growth = proxy.resident_kib() - memory
        report(f"5000 connections in {time.monotonic() - started:.1f} s: {growth} KiB more resident memory than after the first 500")
        assert growth < GROWTH_KIB
        assert_served(proxy, certificates)


def test_reloads_under_load_lose_no_octet(gateway, certificates, tmp_path):
    cert, key = shutil.copy(certificates.cert, tmp_path / "cert.pem"), shutil.copy(certificates.key, tmp_path / "key.pem")
    enough = threading.Event()

    def visit_again_and_again(seed):
        data = content(seed, 300_000)
        while not enough.is_set():
            assert echoed(proxy.port, certificates.ca, data) == hashlib.sha256(data).hexdigest()

    with Backend(echo) as backend, Gateway("tls://127.0.0.1:0", backend.address, "--cert", cert, "--key", key) as proxy:
        resting = proxy.descriptors()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            running = [pool.submit(visit_again_and_again, seed) for seed in range(6)]
            try:
                for reloads in range(1, 13):
                    before = proxy.log().count("octets up")
                    wait_until(lambda: proxy.log().count("octets up") > before, "connections come and go")
                    proxy.tell(signal.SIGHUP)
                    wait_until(lambda: proxy.log().count("reloaded") == reloads, "it is reloaded")
            finally:
                enough.set()
            for one in running:
                one.result()
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")
