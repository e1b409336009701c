"""Peers that are slow inside TLS: in the later flights of a handshake, inside records, and in reading.

All of it is legal. What it holds is bounded: by the handshake timeout, the idle timeout, and in memory."""

import concurrent.futures
import contextlib
import hashlib
import pathlib
import select
import socket
import ssl
import threading
import time

import pytest

import cli_support as support
from cli_support import Backend, echo, wait_until
from fault_support import assert_served, content

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
versions = pytest.mark.parametrize("version", VERSIONS, ids=["tls1.2", "tls1.3"])


class Client:
    """A client whose octets can be held back: between it and its TLS there are buffers."""

    def __init__(self, port, certificates, version=ssl.TLSVersion.TLSv1_3, credential=None, room=None):
        context = support.client_context(certificates.ca, maximum_version=version)
        if credential:
            context.load_cert_chain(credential.cert, credential.key)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.socket = socket.socket()
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(support.PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hear(self):
        block = self.socket.recv(65536)
        assert block, "it was closed"
        self.incoming.write(block)

    def flight(self):
        """Returns the next octets of the handshake, once there are some, or nothing is left to be said."""
        while True:
            try:
                self.tls.do_handshake()
                return self.outgoing.read()
            except ssl.SSLWantReadError:
                if said := self.outgoing.read():
                    return said
                self.hear()

    def until_last_flight(self):
        """Says all but its last flight, which it returns."""
        self.socket.sendall(self.flight())
        return self.flight()

    def shake_hands(self):
        self.socket.sendall(self.until_last_flight())
        while said := self.flight():
            self.socket.sendall(said)

    def sealed(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def read(self, count):
        data = b""
        while len(data) < count:
            with contextlib.suppress(ssl.SSLWantReadError):
                data += self.tls.read(count - len(data))
                continue
            self.hear()
        return data

    def dribble(self, octets, pause=0.0):
        """Says `octets` one at a time. Returns whether that was possible to the end."""
        try:
            for octet in octets:
                self.socket.sendall(bytes([octet]))
                # What comes meanwhile is kept; the end of it all is noticed.
                if select.select([self.socket], [], [], pause)[0]:
                    self.hear()
            return True
        except (OSError, AssertionError):
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def start(gateway, certificates):
    """Starts a gateway; with a credential, clients need one."""

    def start_it(backend, *flags, credential=None):
        asks = ["--client-auth", "required", "--client-ca", credential.cert] if credential else []
        return gateway(backend.address, *flags, *asks)

    return start_it


# The later flights of a handshake

flights = pytest.mark.parametrize("authenticated", [False, True], ids=["finished", "certificate"])


@versions
@flights
def test_a_last_flight_may_come_octet_by_octet(start, certificates, version, authenticated):
    credential = certificates.other if authenticated else None
    with Backend(echo) as backend:
        proxy = start(backend, credential=credential)
        with Client(proxy.port, certificates, version, credential) as client:
            assert client.dribble(client.until_last_flight())
            assert client.flight() == b"" and client.tls.version() == version.name.replace("_", ".")
            client.socket.sendall(client.sealed(b"all the same"))
            assert client.read(12) == b"all the same"


@versions
@flights
def test_a_last_flight_has_as_long_as_the_handshake(start, certificates, version, authenticated):
    """Each octet in time, and all of them too late: they take 18 s and more."""
    credential = certificates.other if authenticated else None

    def visit(_):
        with Client(proxy.port, certificates, version, credential) as client:
            flight = client.until_last_flight()
            assert len(flight) > 60
            return client.dribble(flight, 0.3)

    with Backend(echo) as backend:
        proxy = start(backend, "--handshake-timeout", "2s", credential=credential)
        resting = proxy.descriptors()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert list(pool.map(visit, range(8))) == [False] * 8, "they were closed"
        wait_until(lambda: proxy.log().count("the handshake was not finished in time") == 8, "each of them is in the log")
        assert backend.accepted == 0, "no backend was called for them"
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")
        if not authenticated:
            assert_served(proxy, certificates)


# Inside records

@versions
def test_data_may_come_octet_by_octet(start, certificates, version):
    with Backend(echo) as backend:
        proxy = start(backend)
        with Client(proxy.port, certificates, version) as client:
            client.shake_hands()
            data = content(1, 6000)
            for part in range(0, len(data), 1500):
                assert client.dribble(client.sealed(data[part : part + 1500]))
            assert client.read(len(data)) == data


@versions
def test_a_record_that_stays_incomplete_is_ended_by_the_idle_timeout(start, certificates, report, version):
    """It holds no more than itself, and gives nothing of itself away."""
    crowd = 100
    with Backend(echo) as backend, contextlib.ExitStack() as stack:
        proxy = start(backend, "--idle-timeout", "4s")
        assert_served(proxy, certificates)
        resting, memory = proxy.descriptors(), proxy.resident_kib()
        clients = []
        for _ in range(crowd):
            client = stack.enter_context(Client(proxy.port, certificates, version))
            client.shake_hands()
            client.socket.sendall(client.sealed(bytes(16384))[:-1])
            clients.append(client)
        wait_until(lambda: waiting_octets(proxy.port) == 0, "all of it is inside")
        held = proxy.resident_kib() - memory
        assert_served(proxy, certificates)
        wait_until(lambda: proxy.log().count("idle for too long") == crowd, "all of them are ended")
        assert proxy.log().count(", 0 octets up, 0 down,") == crowd
        report(f"{crowd} records that stay incomplete: {held} KiB more while they were there")
        assert held < crowd * 40
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")
        for client in clients:
            with pytest.raises(ConnectionResetError):
                while client.socket.recv(65536):  # tickets
                    pass
                raise AssertionError("an orderly end")


def waiting_octets(port):
    """Returns how much the sockets at `port` have received that nobody has read."""
    rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01")


# Reading

class Flood:
    """A backend that says ever more to who says something to it first."""

    def __init__(self):
        self.sent = 0

    def __call__(self, plain):
        plain.recv(1)
        while True:
            self.sent += plain.send(bytes(65536))


def settles(value):
    """Waits until a value has not changed for a second."""
    seen = [(value(), time.monotonic())]

    def rests():
        if value() != seen[0][0]:
            seen[0] = (value(), time.monotonic())
        return time.monotonic() - seen[0][1] > 1

    wait_until(rests, "it has come to rest")


# The worker's scratch memory, sealed, and what a buffer that has grown has to spare.
HELD_KIB = 256


def test_clients_that_read_nothing_hold_little_and_are_ended_by_the_idle_timeout(start, certificates, report):
    crowd = 20
    flood = Flood()
    with Backend(lambda plain: flood(plain)) as backend, Backend(echo) as other, contextlib.ExitStack() as stack:
        proxy = start(backend, "--idle-timeout", "4s")
        resting, memory = proxy.descriptors(), proxy.resident_kib()
        for _ in range(crowd):
            client = stack.enter_context(Client(proxy.port, certificates, room=4096))
            client.shake_hands()
            client.socket.sendall(client.sealed(b"x"))
        wait_until(lambda: backend.accepted == crowd, "all are there")
        settles(lambda: flood.sent)
        held = proxy.resident_kib() - memory
        # One more is served, by the same worker as some of them.
        with Client(proxy.port, certificates) as reader:
            reader.shake_hands()
            reader.socket.sendall(reader.sealed(b"x"))
            assert reader.read(3_000_000) == bytes(3_000_000)
        wait_until(lambda: proxy.log().count("idle for too long") == crowd, "all of them are ended")
        report(f"{crowd} clients that read nothing: {held} KiB more while they were there")
        assert held < crowd * HELD_KIB
        wait_until(lambda: len(backend.results) == crowd + 1, "the backend has learnt it")
        assert all(isinstance(result, OSError) for result in backend.results), "by resets"
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def test_a_backend_that_reads_nothing_holds_little_and_is_ended_by_the_idle_timeout(start, certificates, report):
    crowd = 20
    gone = threading.Event()

    def serve(plain):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        gone.wait(60)

    def pour(client):
        """Says as much as goes, and returns that."""
        client.socket.setblocking(False)
        total, rest = 0, b""
        last = time.monotonic()
        while time.monotonic() - last < 1:
            rest = rest or client.sealed(bytes(16384))
            try:
                sent = client.socket.send(rest)
            except BlockingIOError:
                time.sleep(0.05)
                continue
            total, rest, last = total + sent, rest[sent:], time.monotonic()
        return total

    with Backend(serve) as backend, contextlib.ExitStack() as stack:
        proxy = start(backend, "--idle-timeout", "4s")
        resting, memory = proxy.descriptors(), proxy.resident_kib()
        clients = [stack.enter_context(Client(proxy.port, certificates)) for _ in range(crowd)]
        with concurrent.futures.ThreadPoolExecutor(crowd) as pool:
            list(pool.map(Client.shake_hands, clients))
            assert min(pool.map(pour, clients)) > 65536
        held = proxy.resident_kib() - memory
        wait_until(lambda: proxy.log().count("idle for too long") == crowd, "all of them are ended")
        gone.set()
        report(f"{crowd} backends that read nothing: {held} KiB more while they were there")
        assert held < crowd * HELD_KIB
        wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def test_a_client_that_reads_slowly_gets_all_of_it(start, certificates):
    """For longer than the idle timeout: the kernel's buffers are so large that the gateway can write nothing for as long,
    and still what it wrote before moves."""
    data = content(3, 1_500_000)

    def serve(plain):
        plain.recv(1)
        plain.sendall(data)
        return hashlib.sha256(data).hexdigest()

    with Backend(serve) as backend:
        proxy = start(backend, "--idle-timeout", "2s")
        with Client(proxy.port, certificates, room=4096) as client:
            client.shake_hands()
            client.socket.sendall(client.sealed(b"x"))
            received = b""
            started = time.monotonic()
            while len(received) < len(data):
                received += client.read(min(20_000, len(data) - len(received)))
                time.sleep(0.1)
            assert time.monotonic() - started > 6
            assert received == data
        assert not proxy.matches("idle for too long")
