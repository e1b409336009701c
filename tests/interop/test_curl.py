"""curl fetches a site through `sotto proxy`."""

import hashlib

import pytest

from support import sotto
from support.command import curl
from support.openssl import name_of_suite12
from support.processes import output_of
from support.site import HELLO
from support.wishes import SUITES, SUITES12

PEER = curl
pytestmark = pytest.mark.role("client")


def fetch(programs, roots, *arguments):
    """Runs curl to its end; it must succeed."""
    command = ["curl", "--silent", "--show-error", "--verbose", "--max-time", 20, "--cacert", roots, *arguments]
    ran = programs.start(command)
    assert ran.wait(30) == 0, ran.text
    return ran


def test_several_requests(programs, pki, terminating):
    """Several requests on one connection."""
    ran = fetch(programs, pki.roots, *[f"https://localhost:{terminating.port}/"] * 3)
    assert ran.stdout == HELLO * 3
    assert "SSL certificate verify ok" in ran.text
    assert "SSL connection using TLSv1.3" in ran.text
    assert ran.text.count("Re-using existing connection") == 2
    assert "ALPN: server accepted http/1.1" in ran.text


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite, programs, pki, terminating):
    """Each cipher suite."""
    ran = fetch(programs, pki.roots, "--tls13-ciphers", suite, f"https://localhost:{terminating.port}/")
    assert f"SSL connection using TLSv1.3 / {suite}" in ran.text


@pytest.mark.parametrize("suite", [suite for suite in SUITES12 if "_ECDSA_" in suite])
def test_suite12(suite, programs, pki, terminating):
    """TLS 1.2: each cipher suite for the gateway's key, the only one curl offers."""
    only = ("--tls-max", "1.2", "--ciphers", name_of_suite12(suite))
    ran = fetch(programs, pki.roots, *only, f"https://localhost:{terminating.port}/")
    assert f"SSL connection using TLSv1.2 / {name_of_suite12(suite)}" in ran.text
    assert ran.stdout == HELLO


@pytest.mark.parametrize("version", ["1.3", "1.2"])
def test_download(version, programs, pki, terminating, payload):
    """A download of four megabytes, compared by hash."""
    ran = fetch(programs, pki.roots, "--tls-max", version, f"https://localhost:{terminating.port}/payload")
    assert f"SSL connection using TLSv{version}" in ran.text
    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(payload.read_bytes()).digest()


@pytest.mark.parametrize("version", ["1.3", "1.2"])
def test_upload(version, programs, pki, terminating, payload):
    """An upload of four megabytes, compared by hash."""
    upload = ("--upload-file", payload, f"https://localhost:{terminating.port}/upload")
    ran = fetch(programs, pki.roots, "--tls-max", version, *upload)
    assert ran.stdout.decode() == hashlib.sha256(payload.read_bytes()).hexdigest()


def test_untrusted(pki, terminating):
    """curl refuses a root it was not given, and the gateway goes on serving."""
    url = f"https://localhost:{terminating.port}/"
    foreign = pki.foreign_root.certificate
    said = output_of("curl", "--silent", "--show-error", "--max-time", 20, "--cacert", foreign, url)
    assert "curl: (60)" in said
    assert output_of("curl", "--silent", "--max-time", 20, "--cacert", pki.roots, url).encode() == HELLO


def test_min_version(programs, pki, site):
    """A gateway told --min-version tls1.3 refuses curl with TLS 1.2, in words, and serves it with TLS 1.3."""
    credential = sotto.credential_arguments(pki.server())
    only = ("--min-version", "tls1.3")
    proxy = sotto.start_proxy(programs, "tls://127.0.0.1:0", f"tcp://127.0.0.1:{site.port}", *credential, *only)
    url = f"https://localhost:{proxy.port}/"
    said = output_of("curl", "--silent", "--show-error", "--max-time", 20, "--cacert", pki.roots, "--tls-max", "1.2", url)
    assert "alert protocol version" in said
    proxy.wait_for("the handshake with .* failed")
    assert fetch(programs, pki.roots, url).stdout == HELLO
