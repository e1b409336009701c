"""The gateway under load: large streams, slow readers, many connections. Measured figures are printed."""

import concurrent.futures
import contextlib
import hashlib
import socket
import threading
import time

import pytest

from cli_support import Backend, connect, echo, wait_until

GIB = 1 << 30
BLOCK = bytes(range(256)) * 4096  # 1 MiB


def stream(connection, size):
    """Sends `size` octets, each block different, and returns their hash."""
    digest = hashlib.sha256()
    for number in range(size // len(BLOCK)):
        block = number.to_bytes(8, "big") + BLOCK[8:]
        digest.update(block)
        connection.sendall(block)
    return digest.hexdigest()


def drain(connection):
    digest, total = hashlib.sha256(), 0
    buffer = bytearray(1 << 20)
    while count := connection.recv_into(buffer):
        digest.update(memoryview(buffer)[:count])
        total += count
    return digest.hexdigest(), total


@pytest.mark.parametrize("direction", ["up", "down"])
def test_one_gibibyte_arrives_with_the_same_hash(gateway, certificates, report, direction):
    sent = []

    def source(connection):
        sent.append(stream(connection, GIB))
        connection.shutdown(socket.SHUT_WR)

    with Backend(drain if direction == "up" else source) as backend:
        proxy = gateway(backend.address)
        resting = proxy.resident_kib()
        started = time.monotonic()
        tls = connect(proxy.port, certificates.ca)
        tls.settimeout(120)
        if direction == "up":
            sent.append(stream(tls, GIB))
            tls.unwrap()
            wait_until(lambda: backend.results, "the backend has read everything", 60)
            received, total = backend.results[0]
        else:
            received, total = drain(tls)
        seconds = time.monotonic() - started
        tls.close()
        assert total == GIB
        assert received == sent[0]
        report(f"1 GiB {direction}: {seconds:.1f} s with Python at both ends, {proxy.processor_seconds():.1f} s of it the gateway's "
               f"processor time, resident memory {resting} KiB before, {proxy.resident_kib()} KiB after")


def test_a_slow_reader_holds_the_sender_back_and_not_our_memory(gateway, certificates, report):
    def flood(connection):
        connection.settimeout(2)
        sent = 0
        try:
            while True:
                sent += connection.send(BLOCK)
        except TimeoutError:
            return sent

    with Backend(flood) as backend:
        proxy = gateway(backend.address)
        before = proxy.resident_kib()
        clients = [connect(proxy.port, certificates.ca) for _ in range(20)]
        wait_until(lambda: len(backend.results) == 20, "all senders are held back", 60)
        growth = proxy.resident_kib() - before
        report(f"20 clients that do not read: {growth} KiB more memory, {sum(backend.results) // 20 // 1024} KiB taken from each "
               "sender, kernel buffers included")
        assert growth < 20 * 400
        for client in clients:
            client.close()


def test_a_slow_backend_holds_the_client_back_and_not_our_memory(gateway, certificates, report):
    release = threading.Event()

    def sleepy(connection):
        release.wait(60)
        return drain(connection)[1]

    with Backend(sleepy) as backend:
        proxy = gateway(backend.address)
        before = proxy.resident_kib()
        tls = connect(proxy.port, certificates.ca)
        tls.settimeout(2)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < GIB:
                sent += tls.send(BLOCK[:16384])
        growth = proxy.resident_kib() - before
        report(f"a backend that does not read: {growth} KiB more memory after {sent // 1024} KiB")
        assert growth < 2048
        release.set()
        tls.close()


BOUND_KIB_PER_CONNECTION = 16


def test_two_thousand_connections_at_once_within_the_memory_bound(gateway, certificates, report):
    count = 2000

    class Echoes(Backend):
        """One thread for all connections: two thousand threads would measure Python."""

        def _accept(self):
            import selectors
            selector = selectors.DefaultSelector()
            self.listener.setblocking(False)
            selector.register(self.listener, selectors.EVENT_READ)
            while self._open:
                for key, _ in selector.select(0.2):
                    if key.fileobj is self.listener:
                        with contextlib.suppress(OSError):  # the test is over
                            selector.register(self.listener.accept()[0], selectors.EVENT_READ)
                        continue
                    try:
                        data = key.fileobj.recv(4096)
                    except ConnectionResetError:  # Python's clients close without close_notify
                        data = b""
                    if data:
                        key.fileobj.sendall(data)
                    else:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()

    with Echoes(echo) as backend:
        proxy = gateway(backend.address)
        with connect(proxy.port, certificates.ca) as warm:
            warm.sendall(b"x")
            warm.recv(1)
        before = proxy.resident_kib()
        descriptors = proxy.descriptors()
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            clients = list(pool.map(lambda _: connect(proxy.port, certificates.ca), range(count)))
        opened = time.monotonic() - started
        for number, client in enumerate(clients):
            client.sendall(number.to_bytes(4, "big"))
        for number, client in enumerate(clients):
            assert client.recv(4) == number.to_bytes(4, "big")
        each = (proxy.resident_kib() - before) / count
        report(f"{count} connections at once: {each:.1f} KiB resident each (bound: {BOUND_KIB_PER_CONNECTION} KiB), "
               f"{before} KiB before, opened in {opened:.1f} s")
        assert each < BOUND_KIB_PER_CONNECTION
        assert proxy.descriptors() >= descriptors + 2 * count - 4
        for client in clients:
            client.close()
        wait_until(lambda: proxy.descriptors() <= descriptors, "all descriptors are closed", 60)
