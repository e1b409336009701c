"""Files that cannot be opened or written: the gateway says so at its start, keeps what it has at a reload, and goes on.

What fails here is `open`, `write`, `fsync` and `socket`, by tests/faults, or for want of descriptors."""

import errno
import os
import pathlib
import resource
import shutil
import signal
import ssl

import pytest

import cli_support as support
from cli_support import Backend, Gateway, connect, echo, wait_until
from fault_support import Failing, assert_served, free_port

UNREADABLE = [errno.EMFILE, errno.EIO]


@pytest.fixture
def site(certificates, tmp_path):
    """A configuration and the files that it names, all of which may be changed."""

    class Site:
        cert = pathlib.Path(shutil.copy(certificates.cert, tmp_path / "cert.pem"))
        key = pathlib.Path(shutil.copy(certificates.encrypted_key, tmp_path / "key.pem"))
        passphrase = pathlib.Path(shutil.copy(certificates.passphrase, tmp_path / "passphrase.txt"))
        authorities = pathlib.Path(shutil.copy(certificates.ca, tmp_path / "authorities.pem"))
        file = tmp_path / "sotto.toml"
        key_log = None

        def configure(self, backend, *plain):
            """One service with TLS, and others without."""
            top = f'key_log = "{self.key_log}"\n' if self.key_log else ""
            others = "".join(f'[[service]]\nfrom = "{one}"\nto = "{backend}"\n' for one in plain)
            self.file.write_text(f"""{top}
[[service]]
from = "tls://127.0.0.1:0"
to = "{backend}"
certificates = [{{ cert = "{self.cert}", key = "{self.key}", passphrase_file = "{self.passphrase}" }}]
client_auth = "optional"
client_ca = "{self.authorities}"
{others}""")

        def renew(self):
            shutil.copy(certificates.other.cert, self.cert)
            shutil.copy(certificates.other.key, self.key)

        def shown(self, proxy):
            """Returns the certificate that the gateway shows now."""
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", proxy.port)))

    return Site()


def der(file):
    return ssl.PEM_cert_to_DER_cert(file.read_text())


def reload(proxy, pattern):
    """Reloads, and waits for one more line of the log that holds `pattern`."""
    before = proxy.log().count(pattern)
    proxy.tell(signal.SIGHUP)
    wait_until(lambda: proxy.log().count(pattern) > before, f"the log says {pattern!r}; it says:\n{proxy.log()}")


FAILED = "the reload failed, and everything stays as it was: "
FILES = ["sotto.toml", "cert.pem", "key.pem", "passphrase.txt", "authorities.pem"]


@pytest.mark.parametrize("number", UNREADABLE, ids=errno.errorcode.get)
@pytest.mark.parametrize("file", FILES)
def test_a_reload_without_its_files_keeps_what_there_was(certificates, site, tmp_path, file, number):
    opening = Failing(tmp_path, "open")
    with Backend(echo) as backend:
        site.configure(backend.address)
        with Gateway("--config", site.file, env=opening.environment) as proxy:
            with connect(proxy.port, certificates.ca) as before:
                assert site.shown(proxy) == der(certificates.cert)
                resting = proxy.descriptors()
                if file != "passphrase.txt":
                    site.renew()
                with opening.during(number, file):
                    reload(proxy, FAILED)
                line = next(line for line in proxy.lines if FAILED in line)
                assert file in line and os.strerror(number) in line
                assert site.shown(proxy) == der(certificates.cert)
                assert_served(proxy, certificates)
                site.renew()
                reload(proxy, "reloaded: ")
                assert site.shown(proxy) == der(certificates.other.cert)
                before.sendall(b"from before")
                assert before.recv(100) == b"from before"
                wait_until(lambda: proxy.descriptors() <= resting, "all descriptors are given back")


def leave_descriptors(process, count):
    """Leaves a process exactly `count` more descriptors, and returns what it had."""
    taken = {int(name) for name in os.listdir(f"/proc/{process.pid}/fd")}
    free = [number for number in range(max(taken) + count + 2) if number not in taken]
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (free[count], before[1]))
    return before


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_a_reload_without_descriptors_keeps_what_there_was(certificates, site, spare):
    """With none, nothing can be read; with one, nothing can listen but can be read; with two, one service of two more."""
    with Backend(echo) as backend:
        site.configure(backend.address)
        with Gateway("--config", site.file) as proxy:
            ports = free_port(), free_port()
            assert_served(proxy, certificates)
            wait_until(lambda: proxy.matches("octets up"), "that client is gone")
            resting = proxy.descriptors()
            site.configure(backend.address, *(f"tcp://127.0.0.1:{port}" for port in ports))
            before = leave_descriptors(proxy.process, spare)
            reload(proxy, FAILED)
            assert "Too many open files" in proxy.log()
            resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, before)
            assert proxy.descriptors() <= resting
            assert_served(proxy, certificates)
            reload(proxy, "reloaded: ")
            for port in ports:
                with support.socket.create_connection(("127.0.0.1", port), support.PATIENCE) as plain:
                    plain.sendall(b"there now")
                    assert plain.recv(100) == b"there now"
            assert_served(proxy, certificates)


# The start

@pytest.mark.parametrize("number", UNREADABLE, ids=errno.errorcode.get)
@pytest.mark.parametrize("file", [*FILES, "keys.log"])
def test_a_start_without_its_files_names_the_file(site, tmp_path, file, number):
    opening = Failing(tmp_path, "open")
    site.key_log = tmp_path / "keys.log"
    site.configure("tcp://127.0.0.1:1")
    opening.begin(number, file)
    done = support.run("proxy", "--config", site.file, env=opening.environment)
    assert done.returncode == 3, done.stderr.decode()
    assert file in done.stderr.decode() and os.strerror(number) in done.stderr.decode()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS], ids=errno.errorcode.get)
def test_a_start_without_sockets_is_an_error_of_this_machine(site, tmp_path, number):
    sockets = Failing(tmp_path, "socket")
    site.configure("tcp://127.0.0.1:1")
    sockets.begin(number)
    done = support.run("proxy", "--config", site.file, env=sockets.environment)
    assert done.returncode == 1, done.stderr.decode()
    assert f"cannot listen on tls://127.0.0.1:0: {os.strerror(number)}" in done.stderr.decode()


def test_opening_that_is_interrupted_is_begun_again(certificates, site, tmp_path):
    site.key_log = tmp_path / "keys.log"
    with Backend(echo) as backend:
        site.configure(backend.address)
        with Gateway("--config", site.file, env={"LD_PRELOAD": support.TROUBLED_IO, "SOTTO_FAULTS": "opening=500"}) as proxy:
            for _ in range(5):
                assert_served(proxy, certificates)
                reload(proxy, "reloaded: ")
            assert FAILED not in proxy.log()
    assert site.key_log.read_text().count("CLIENT_TRAFFIC_SECRET_0 ") == 5


# The key log

def test_a_key_log_that_is_full_stops_nothing(gateway, certificates):
    with Backend(echo) as backend:
        proxy = gateway(backend.address, "--keylog", "/dev/full")
        for _ in range(3):
            assert_served(proxy, certificates)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_key_log_that_fails_for_a_while_goes_on_afterwards(certificates, site, tmp_path, number):
    storing = Failing(tmp_path, "storing")
    site.key_log = tmp_path / "keys.log"
    with Backend(echo) as backend:
        site.configure(backend.address)
        with Gateway("--config", site.file, env=storing.environment) as proxy:
            with storing.during(number, "write"):
                assert_served(proxy, certificates)
            assert site.key_log.read_text() == ""
            assert_served(proxy, certificates)
    assert site.key_log.read_text().count("CLIENT_TRAFFIC_SECRET_0 ") == 1
