"""Clients that take their time: what they hold is bounded, in time and in memory, and nobody else waits for them."""

import concurrent.futures
import contextlib
import socket
import time

import pytest

import cli_support as support
from cli_support import Backend, connect, echo, wait_until
from fault_support import assert_served, client_hello

def dribbling(port, octets, pause=0.5):
    """Says `octets` one at a time until the other side closes, and returns how long that took."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=support.PATIENCE) as plain:
        plain.settimeout(pause)
        for octet in octets:
            try:
                plain.sendall(bytes([octet]))
                while plain.recv(1000):
                    pass
                return time.monotonic() - started
            except TimeoutError:
                continue
            except OSError:
                return time.monotonic() - started
    raise AssertionError("it was never closed")


@pytest.mark.parametrize("scheme", ["tls", "smtp+starttls", "postgresql+starttls"])
def test_slow_clients_are_closed_by_the_handshake_timeout_while_others_are_served(gateway, certificates, scheme):
    says = {"tls": client_hello(certificates), "smtp+starttls": b"EHLO " + b"a" * 200, "postgresql+starttls": bytes(200)}[scheme]

    def serve(plain):
        if scheme == "smtp+starttls":
            plain.sendall(b"220 mail.example ESMTP\r\n")
        return echo(plain)

    with Backend(serve) as backend, contextlib.ExitStack() as stack:
        proxy = gateway(backend.address, "--handshake-timeout", "2s", listen=f"{scheme}://127.0.0.1:0")
        resting = proxy.descriptors()
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(20))
        slow = [pool.submit(dribbling, proxy.port, says) for _ in range(20)]
        if scheme == "tls":
            for _ in range(10):
                assert_served(proxy, certificates)
        for one in slow:
            assert one.result() < 8
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def test_thousands_of_half_open_connections_are_survived(gateway, certificates, report):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--handshake-timeout", "6s")
        assert_served(proxy, certificates)
        resting, memory = proxy.descriptors(), proxy.resident_kib()
        hello = client_hello(certificates)
        idle = []
        for number in range(3000):
            plain = socket.create_connection(("127.0.0.1", proxy.port))
            plain.sendall(hello[: number % len(hello)])
            idle.append(plain)
        wait_until(lambda: proxy.descriptors() - resting > 2000, "they are inside")
        most = proxy.resident_kib()
        assert_served(proxy, certificates)
        wait_until(lambda: proxy.descriptors() <= resting, "all of them are closed by the timeout", 60)
        assert_served(proxy, certificates)
        report(f"3000 half-open connections: {most - memory} KiB more while they were there, {proxy.resident_kib() - memory} KiB after")
        # What was needed at once is kept by the allocator, not by connections: 8 KiB each while they are there.
        assert most - memory < 3000 * 8
        for one in idle:
            one.close()


