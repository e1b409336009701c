"""What the tests of the program share: the program itself, certificates, gateways, backends and clients."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOTTO = os.environ.get("SOTTO", str(ROOT / "build/release/bin/sotto"))
# Makes the calls of the kernel fail, loaded into the program: tests/faults.
TROUBLED_IO = str(ROOT / "build/release/lib/troubled_io.so")
# Lets the program's time of day be later: tests/faults/clock_ahead.cpp.
CLOCK_AHEAD = str(ROOT / "build/release/lib/clock_ahead.so")
PATIENCE = 20


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run(*arguments, stdin=b"", env=None, timeout=PATIENCE):
    """Runs the program to its end."""
    return subprocess.run([SOTTO, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
                          env={**os.environ, "NO_COLOR": "1", **(env or {})})


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {patience} s")


class Gateway:
    """A running `sotto proxy`."""

    def __init__(self, *arguments, env=None, preexec=None):
        self.process = subprocess.Popen([SOTTO, "proxy", *map(str, arguments)], stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True, preexec_fn=preexec,
                                        env={**os.environ, "NO_COLOR": "1", **(env or {})})
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: self.matches(r"listening on") or self.process.poll() is not None, "the gateway listens")
        assert self.process.poll() is None, "\n".join(self.lines)
        self.ports = [int(match) for match in re.findall(r"listening on \S+:(\d+) for", self.log())]
        self.port = self.ports[0] if self.ports else None

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def log(self):
        return "\n".join(self.lines)

    def matches(self, pattern):
        return re.search(pattern, self.log())

    def wait_for(self, pattern):
        wait_until(lambda: self.matches(pattern), f"the log says {pattern!r}; it says:\n{self.log()}")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def tell(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.tell(number)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self._reader.join(PATIENCE)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.tell(signal.SIGTERM)
            time.sleep(0.05)
            if self.process.poll() is None:
                self.tell(signal.SIGTERM)  # at once
        self.stop()
        assert self.process.returncode == 0, self.log()
        assert "Sanitizer" not in self.log(), self.log()


class Backend:
    """A plain server on a free loopback port, one thread for each connection."""

    def __init__(self, serve, context=None):
        self.serve = serve
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.results = []
        self.accepted = 0
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while self._open:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.results.append(self.serve(connection))
            if self.context:
                connection.unwrap()  # close_notify, which Python does not send by itself
        except (OSError, ValueError) as error:
            self.results.append(error)
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._open = False
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def echo(connection):
    """Sends everything back and ends when the other side does."""
    total = 0
    while data := connection.recv(65536):
        connection.sendall(data)
        total += len(data)
    return total


def answer_after_the_end(connection):
    """Reads to the end, then answers: works only if half-close is passed on."""
    data = b""
    while block := connection.recv(65536):
        data += block
    connection.sendall(b"got %d octets: " % len(data) + data[-8:])
    return data


def client_context(ca, **settings):
    context = ssl.create_default_context(cafile=str(ca))
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def connect(port, ca, name="localhost", alpn=None):
    """Opens a verified TLS connection with Python's (OpenSSL's) client."""
    context = client_context(ca)
    if alpn:
        context.set_alpn_protocols(alpn)
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False)


def reset(plain):
    """Closes a socket with a RST."""
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.close(plain)


class RawTls:
    """A TLS client over a socket whose records we can cut and hold back."""

    def __init__(self, port, ca, name="localhost"):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = client_context(ca).wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._until_done(self.tls.do_handshake)
        self.flush()

    def _until_done(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush()
                block = self.socket.recv(65536)
                if not block:
                    self.incoming.write_eof()
                self.incoming.write(block)

    def flush(self):
        self.socket.sendall(self.outgoing.read())

    def seal(self, data):
        """Returns the records of `data` without sending them."""
        self.tls.write(data)
        return self.outgoing.read()

    def send(self, data):
        self.socket.sendall(self.seal(data))

    def read(self, count=65536):
        return self._until_done(lambda: self.tls.read(count))


def openssl(*arguments, **settings):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **settings)


def issue(folder, authority, not_before, not_after):
    """Returns a certificate of the local authority for localhost and its key, valid between two times."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
            folder / "csr.pem", "-subj", "/CN=localhost")
    (folder / "ext").write_text("subjectAltName=DNS:localhost\n")
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")
    (folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
                                   f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    openssl("ca", "-batch", "-config", folder / "ca.cnf", "-cert", authority, "-keyfile",
            authority.with_name("dev-ca-key.pem"), "-in", folder / "csr.pem", "-out", cert,
            *(argument for flag, when in (("-startdate", not_before), ("-enddate", not_after))
              for argument in (flag, when.strftime("%Y%m%d%H%M%SZ"))), "-extfile", folder / "ext", "-notext")
    return cert, key
