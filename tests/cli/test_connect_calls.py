"""`sotto connect` when nothing can be called, opened or stored: the exit code and the sentence that say so."""

import contextlib
import errno
import itertools
import os
import shutil
import ssl
import subprocess

import pytest

import cli_support as support
from cli_support import Backend, echo, wait_until
from fault_support import Deaf, Failing, free_port


@pytest.fixture
def server(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    with Backend(echo, context) as one:
        yield one


def troubled(faults):
    return {"LD_PRELOAD": support.TROUBLED_IO, "SOTTO_FAULTS": faults}


def call(port, certificates, *flags, faults="", said=b"all of it"):
    """Returns exit code, output and the log."""
    done = support.run("connect", f"localhost:{port}", "--roots", certificates.ca, *flags, stdin=said, env=troubled(faults), timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def assert_echoed(port, certificates, *flags, faults=""):
    code, out, log = call(port, certificates, *flags, faults=faults)
    assert (code, out) == (0, b"all of it"), log
    return log


# Calls

@pytest.mark.parametrize("number", [errno.ECONNREFUSED, errno.ETIMEDOUT, errno.ENETUNREACH, errno.EADDRNOTAVAIL],
                         ids=errno.errorcode.get)
def test_a_server_that_cannot_be_called_is_told(certificates, server, tmp_path, number):
    connecting = Failing(tmp_path, "connecting")
    with connecting.during(number):
        code, out, log = call(server.port, certificates, faults=connecting.faults)
    assert (code, out) == (4, b""), log
    assert f"sotto: no connection to tls://localhost:{server.port}: {os.strerror(number)}\n" in log


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM], ids=errno.errorcode.get)
def test_a_machine_without_sockets_is_told(certificates, server, tmp_path, number):
    sockets = Failing(tmp_path, "socket")
    with sockets.during(number):
        code, out, log = call(server.port, certificates, faults=sockets.faults)
    assert (code, out) == (1, b""), log
    assert f"sotto: no connection to tls://localhost:{server.port}: {os.strerror(number)}\n" in log


def test_a_server_that_refuses_is_told(certificates):
    port = free_port()
    code, out, log = call(port, certificates)
    assert (code, out) == (4, b""), log
    assert f"sotto: no connection to tls://localhost:{port}: Connection refused\n" in log


def test_a_server_that_does_not_answer_is_given_up_in_time(certificates):
    with Deaf() as deaf:
        code, out, log = call(deaf.port, certificates, "--connect-timeout", "1s")
    assert (code, out) == (4, b""), log
    assert f"sotto: no connection to tls://localhost:{deaf.port}: Connection timed out\n" in log


def test_a_call_that_is_interrupted_goes_on(certificates, server, tmp_path):
    """POSIX, connect(): "the connection shall be established asynchronously"."""
    connecting = Failing(tmp_path, "connecting")
    with connecting.during(errno.EINTR):
        assert_echoed(server.port, certificates, faults=connecting.faults)
    assert server.accepted == 1


def test_an_interrupted_call_that_is_refused_is_told(certificates, tmp_path):
    connecting = Failing(tmp_path, "connecting")
    with Deaf() as deaf, connecting.during(errno.EINTR):
        process = subprocess.Popen([support.SOTTO, "connect", f"localhost:{deaf.port}", "--roots", certificates.ca],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **connecting.environment})
        wait_until(deaf.is_called, "it calls")
        deaf.close()  # which is refused when it is called once more
        log = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 4 and "Connection refused" in log, log


@pytest.mark.parametrize("first", ["nobody listens", "no network", "no such family", "no answer"])
def test_the_next_address_is_tried(certificates, server, tmp_path, first):
    calls = Failing(tmp_path, "socket" if first == "no such family" else "connecting")
    address = "::1" if first == "no such family" else "127.0.0.2"
    with contextlib.ExitStack() as stack:
        if first == "no answer":
            stack.enter_context(Deaf(address, server.port))
        if first == "no network":
            calls.begin(errno.ENETUNREACH, address)
        if first == "no such family":
            calls.begin(errno.EAFNOSUPPORT, "inet6")
        log = assert_echoed(server.port, certificates, "--connect-timeout", "1s", faults=f"also={address},{calls.faults}")
    assert f"127.0.0.1:{server.port}" in log


def test_addresses_that_fail_in_different_ways_are_named(certificates, tmp_path):
    connecting = Failing(tmp_path, "connecting")
    port = free_port()
    with connecting.during(errno.ENETUNREACH, "127.0.0.2"):
        code, _, log = call(port, certificates, faults=f"also=127.0.0.2,{connecting.faults}")
    assert code == 4, log
    assert f"127.0.0.2:{port}: Network is unreachable; 127.0.0.1:{port}: Connection refused\n" in log


# Files that are read

FLAGS = ["--roots", "--cert", "--key", "--early-data", "--resume", "--keylog"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("flag", FLAGS)
def test_files_that_cannot_be_opened_are_named_before_anybody_is_called(certificates, server, tmp_path, flag, number):
    given = {"--roots": certificates.ca, "--cert": certificates.cert, "--key": certificates.key}
    files = {one: tmp_path / f"the-file-of{one}" for one in FLAGS}
    if flag == "--resume":  # else there is no session yet
        files[flag].write_bytes(b"a session")
    files["--early-data"].write_bytes(b"early")
    for one, file in given.items():
        shutil.copy(file, files[one])
    opening = Failing(tmp_path, "open")
    with opening.during(number, files[flag].name):
        done = support.run("connect", f"localhost:{server.port}", *itertools.chain(*files.items()), env=opening.environment)
    assert done.returncode == 3, done.stderr.decode()
    assert files[flag].name in done.stderr.decode() and os.strerror(number) in done.stderr.decode()
    assert server.accepted == 0


# Files that are written

UNWRITABLE = [("storing", errno.ENOSPC, "write"), ("storing", errno.EIO, "fsync"), ("open", errno.EMFILE, ".XXXXXX"),
              ("open", errno.EROFS, ".XXXXXX")]


@pytest.mark.parametrize("knob, number, alone", UNWRITABLE, ids=[errno.errorcode[number] for _, number, _ in UNWRITABLE])
def test_a_session_that_cannot_be_kept_is_an_error_and_the_old_one_stays(certificates, server, tmp_path, knob, number, alone):
    folder = tmp_path / "sessions"
    folder.mkdir()
    session = folder / "session.bin"
    assert_echoed(server.port, certificates, "--resume", session)
    kept = session.read_bytes()
    calls = Failing(tmp_path, knob)
    with calls.during(number, alone):
        code, out, log = call(server.port, certificates, "--resume", session, faults=calls.faults)
    assert (code, out) == (3, b"all of it"), log
    assert f"sotto: the file '{session}' cannot be written: {os.strerror(number)}\n" in log
    assert list(folder.iterdir()) == [session] and session.read_bytes() == kept
    assert_echoed(server.port, certificates, "--resume", session)
    assert session.read_bytes() != kept


def test_files_are_read_and_written_although_calls_are_interrupted(certificates, server, tmp_path):
    session, keys = tmp_path / "session.bin", tmp_path / "keys.log"
    for seed in range(4):
        assert_echoed(server.port, certificates, "--resume", session, "--keylog", keys, faults=f"seed={seed},opening=500")
    assert keys.read_text().count("CLIENT_TRAFFIC_SECRET_0 ") == 4
    log = assert_echoed(server.port, certificates, "--resume", session)
    assert "resumed" in log, "the session was kept whole"


def test_a_key_log_that_is_full_ends_nothing(certificates, server):
    assert_echoed(server.port, certificates, "--keylog", "/dev/full")
