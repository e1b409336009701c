"""The gateway when its backend cannot be called: clients are told, the log says why, and it is tried again.

What fails here is `socket` and `connect`, by tests/faults, or by sockets that do not answer."""

import concurrent.futures
import contextlib
import errno
import hashlib
import os
import re
import socket
import threading

import pytest

import cli_support as support
from cli_support import Backend, connect, echo, wait_until
from fault_support import Deaf, Failing, assert_served, content, echoed, free_port

NOT_REACHED = "the backend cannot be reached: "


def assert_cut(proxy, certificates):
    """A client comes to TLS, learns that there is nobody behind, and cannot take that for an orderly end."""
    with connect(proxy.port, certificates.ca) as tls, pytest.raises(OSError):
        assert not tls.recv(100), "data from nobody"
        raise AssertionError("an orderly end")


def ends(proxy, sentence):
    return len(re.findall(re.escape(sentence), proxy.log()))


def test_a_backend_that_is_gone_is_told_and_tried_again(gateway, certificates):
    port = free_port()
    proxy = gateway(f"tcp://127.0.0.1:{port}")
    assert_cut(proxy, certificates)
    proxy.wait_for(NOT_REACHED + "Connection refused")
    with socket.create_server(("127.0.0.1", port)) as listener:
        def serve():
            connection, _ = listener.accept()
            echo(connection)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        assert_served(proxy, certificates)


FAILURES = [("connecting", errno.ECONNREFUSED), ("connecting", errno.ETIMEDOUT), ("connecting", errno.ENETUNREACH),
            ("connecting", errno.EADDRNOTAVAIL), ("socket", errno.EMFILE), ("socket", errno.ENFILE), ("socket", errno.ENOBUFS)]


@pytest.mark.parametrize("knob, number", FAILURES, ids=[f"{knob}-{errno.errorcode[number]}" for knob, number in FAILURES])
def test_while_no_backend_can_be_called_clients_are_cut_and_others_lose_nothing(troubled, certificates, tmp_path, knob, number):
    calls = Failing(tmp_path, knob)
    with Backend(echo) as backend:
        proxy = troubled(backend.address, calls.faults)
        resting = proxy.descriptors()
        with connect(proxy.port, certificates.ca) as tls:
            data = content(1, 200_000)
            tls.sendall(data[:10_000])
            received = tls.recv(65536)  # it has its backend
            with calls.during(number):
                for part in range(1, 20):
                    tls.sendall(data[part * 10_000 : (part + 1) * 10_000])
                    assert_cut(proxy, certificates)
                    received += tls.recv(65536)
            wait_until(lambda: ends(proxy, NOT_REACHED + os.strerror(number)) == 19, "each of them is in the log")
            while len(received) < len(data):
                received += tls.recv(65536)
            assert received == data
        assert_served(proxy, certificates)
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def test_calls_that_fail_now_and_then_harm_nobody_else(troubled, certificates):
    def attempt(seed):
        data = content(seed, 20_000)
        try:
            assert echoed(proxy.port, certificates.ca, data) == hashlib.sha256(data).hexdigest()
            return True
        except OSError:
            return False

    with Backend(echo) as backend:
        proxy = troubled(backend.address, "seed=5,connect=400")
        resting = proxy.descriptors()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            served = list(pool.map(attempt, range(100)))
        assert 20 < served.count(True) < 90, "some are cut, and some are not"
        wait_until(lambda: ends(proxy, NOT_REACHED) == served.count(False), "each that was cut is in the log")
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def test_a_call_that_is_interrupted_goes_on(troubled, certificates, tmp_path):
    """POSIX, connect(): "the connection shall be established asynchronously"."""
    connecting = Failing(tmp_path, "connecting")
    with Backend(echo) as backend:
        proxy = troubled(backend.address, connecting.faults)
        with connecting.during(errno.EINTR):
            for _ in range(5):
                assert_served(proxy, certificates)
        assert backend.accepted == 5
        assert not proxy.matches(NOT_REACHED)


def test_an_interrupted_call_that_is_refused_is_told(troubled, certificates, tmp_path):
    connecting = Failing(tmp_path, "connecting")
    with Deaf() as deaf:
        proxy = troubled(deaf.address, connecting.faults)
        with connecting.during(errno.EINTR), connect(proxy.port, certificates.ca) as tls:
            wait_until(lambda: deaf.is_called(), "the gateway calls")
            deaf.close()  # which is refused when it is called once more
            with pytest.raises(OSError):
                assert not tls.recv(1)
                raise AssertionError("an orderly end")
        proxy.wait_for(NOT_REACHED + "Connection refused")


def test_a_backend_that_does_not_answer_is_given_up_in_time(gateway, certificates):
    with Deaf() as deaf:
        proxy = gateway(deaf.address, "--connect-timeout", "1s")
        resting = proxy.descriptors()
        assert_cut(proxy, certificates)
        proxy.wait_for(NOT_REACHED + "it did not answer in time")
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


# Names with several addresses

NEXT = ["nobody listens", "no network", "no such family", "no answer"]


@pytest.mark.parametrize("first", NEXT)
def test_the_next_address_is_tried(troubled, certificates, tmp_path, first):
    calls = Failing(tmp_path, "socket" if first == "no such family" else "connecting")
    address = "::1" if first == "no such family" else "127.0.0.2"
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(Backend(echo))
        if first == "no answer":
            stack.enter_context(Deaf(address, backend.port))
        proxy = troubled(f"tcp://localhost:{backend.port}", f"also={address},{calls.faults}", "--connect-timeout", "1s")
        if first == "no network":
            calls.begin(errno.ENETUNREACH, address)
        if first == "no such family":
            calls.begin(errno.EAFNOSUPPORT, "inet6")
        assert_served(proxy, certificates)
        assert backend.accepted == 1 and not proxy.matches(NOT_REACHED)


# UNIX sockets

@contextlib.contextmanager
def unix_listener(path, room):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(room)
        yield listener


def fill(path, stack):
    """Takes all the room in the queue of the UNIX socket at `path`."""
    with contextlib.suppress(BlockingIOError):
        while True:
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            one.connect(str(path))


def echo_to_all(listener):
    def serve():
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    echo(connection)

    threading.Thread(target=serve, daemon=True).start()


def test_a_queue_that_stays_full_is_told_and_tried_again(gateway, certificates, tmp_path):
    path = tmp_path / "back.sock"
    with unix_listener(path, 0) as listener:
        proxy = gateway(f"unix:{path}", "--connect-timeout", "1s")
        resting = proxy.descriptors()
        with contextlib.ExitStack() as crowd:
            fill(path, crowd)
            assert_cut(proxy, certificates)
            proxy.wait_for(NOT_REACHED + "its queue of new connections stayed full")
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")
        echo_to_all(listener)
        assert_served(proxy, certificates)
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EINTR], ids=errno.errorcode.get)
def test_a_unix_backend_that_cannot_be_called_yet_is_called_again(troubled, certificates, tmp_path, number):
    path = tmp_path / "back.sock"
    connecting = Failing(tmp_path, "connecting")
    with unix_listener(path, 16) as listener:
        proxy = troubled(f"unix:{path}", connecting.faults)
        resting = proxy.descriptors()
        with connecting.during(number):
            tls = connect(proxy.port, certificates.ca)
            wait_until(lambda: proxy.descriptors() == resting + 2, "the gateway calls")
            listener.settimeout(0.1)
            with pytest.raises(TimeoutError):
                listener.accept()
        listener.settimeout(None)
        echo_to_all(listener)
        with tls:
            tls.sendall(b"at last")
            assert tls.recv(100) == b"at last"
        listener.shutdown(socket.SHUT_RDWR)


def test_a_unix_listener_whose_queue_is_full_is_alive(tmp_path):
    """Whoever wants to listen there finds the address in use, and does not wait for it."""
    path = tmp_path / "front.sock"
    with unix_listener(path, 0), contextlib.ExitStack() as crowd:
        fill(path, crowd)
        done = support.run("proxy", f"unix:{path}", "tcp://127.0.0.1:1")
    assert done.returncode == 4, done.stderr.decode()
    assert "Address already in use" in done.stderr.decode() and path.exists()
