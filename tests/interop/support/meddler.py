"""Somebody in the middle who makes both sides believe that the other knows nothing newer than TLS 1.2."""

import socket
import struct
import threading

from .processes import PATIENCE

SUPPORTED_VERSIONS = struct.pack("!H", 43)
UNKNOWN_EXTENSION = struct.pack("!H", 0xFAFA)


def _read(stream, size):
    data = b""
    while len(data) < size:
        chunk = stream.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the hello ended early")
        data += chunk
    return data


def _hide_versions(hello):
    """The record of a ClientHello with its supported_versions renamed to something that nobody knows."""
    at = 5 + 4 + 2 + 32  # the headers of the record and the message, legacy_version, random
    at += 1 + hello[at]  # legacy_session_id
    at += 2 + struct.unpack_from("!H", hello, at)[0]  # cipher_suites
    at += 1 + hello[at]  # legacy_compression_methods
    at += 2  # the length of the extensions
    while at < len(hello):
        if hello[at : at + 2] == SUPPORTED_VERSIONS:
            return hello[:at] + UNKNOWN_EXTENSION + hello[at + 2 :]
        at += 4 + struct.unpack_from("!H", hello, at + 2)[0]
    raise AssertionError("the hello has no supported_versions")


class Meddler:
    """Passes one connection on to `port`, all of it but the versions in the first record from the client."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with self._listener, self._listener.accept()[0] as client:
            with socket.create_connection(("127.0.0.1", self._target), PATIENCE) as server:
                client.settimeout(PATIENCE)
                header = _read(client, 5)
                server.sendall(_hide_versions(header + _read(client, struct.unpack("!xxxH", header)[0])))
                back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
                back.start()
                self._pass_on(client, server)
                back.join(PATIENCE)

    @staticmethod
    def _pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return  # one of the two has gone; the other finds out by itself
