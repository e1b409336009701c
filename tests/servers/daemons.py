"""Starting and stopping the servers of others, each with a configuration of its own, on loopback."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNPACKED = ROOT / "build/servers"
PATIENCE = 40


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port, address):
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2):
        return True
    return False


def wait_for_port(port, what, is_alive=lambda: True, address="127.0.0.1"):
    deadline = time.monotonic() + PATIENCE
    while not is_open(port, address):
        assert is_alive(), f"{what} has ended"
        assert time.monotonic() < deadline, f"{what} does not listen on {port}"
        time.sleep(0.1)


def give_to(user, *paths):
    """Makes `user` the owner of everything at `paths`."""
    entry = pwd.getpwnam(user)
    for path in paths:
        for one in [path, *path.rglob("*")]:
            os.chown(one, entry.pw_uid, entry.pw_gid)


def unpacked(package):
    """The files of a Debian package that cannot be installed beside the others, or not without a domain name."""
    target = UNPACKED / package
    if not target.is_dir():
        work = UNPACKED / f"{package}.new"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        subprocess.run(["apt-get", "download", package], cwd=work, check=True, capture_output=True)
        (archive,) = work.glob("*.deb")
        subprocess.run(["dpkg", "-x", archive, work / "root"], check=True, capture_output=True)
        (work / "root").rename(target)
        shutil.rmtree(work)
    return target


class Server:
    """A running server: its protocol, and the port for each way of speaking it."""

    def __init__(self, software, scheme, ports):
        self.software, self.scheme, self.ports = software, scheme, ports

    def endpoint(self, way, port):
        """Where the server, or a gateway if `port` is 0, is spoken to in this way."""
        return f"{endpoint_scheme(self.scheme, way)}://{'localhost' if port else '127.0.0.1'}:{port}"


def endpoint_scheme(protocol, way):
    tls_at_once = "xmpps-server" if protocol == "xmpp-server" else f"{protocol}s"
    return {"plain": protocol, "tls": tls_at_once, "starttls": f"{protocol}+starttls"}[way]


@contextlib.contextmanager
def daemon(arguments, ports, log, user=None, env=None, cwd=None, patience=15):
    """Runs a server in the foreground until the block ends, and has `patience` seconds for it to stop; `log` gets what it says."""
    with open(log, "ab") as output:
        process = subprocess.Popen([str(one) for one in arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True, user=user, group=pwd.getpwnam(user).pw_gid if user else None,
                                   extra_groups=[] if user else None, env={**os.environ, **(env or {})}, cwd=cwd)
    try:
        for port in ports:
            wait_for_port(port, f"{arguments[0]} (see {log}: {log.read_text(errors='replace')[-2000:]})",
                          lambda: process.poll() is None)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
