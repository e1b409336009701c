"""curl fetches a site through `sotto proxy`."""

import hashlib

import pytest

from support.command import curl
from support.processes import output_of
from support.site import HELLO
from support.wishes import SUITES

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


def test_download(programs, pki, terminating, payload):
    """A download of four megabytes, compared by hash."""
    ran = fetch(programs, pki.roots, f"https://localhost:{terminating.port}/payload")
    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(payload.read_bytes()).digest()


def test_upload(programs, pki, terminating, payload):
    """An upload of four megabytes, compared by hash."""
    ran = fetch(programs, pki.roots, "--upload-file", payload, f"https://localhost:{terminating.port}/upload")
    assert ran.stdout.decode() == hashlib.sha256(payload.read_bytes()).hexdigest()


def test_untrusted(pki, terminating):
    """curl refuses a root it was not given, and the gateway goes on serving."""
    url = f"https://localhost:{terminating.port}/"
    foreign = pki.foreign_root.certificate
    said = output_of("curl", "--silent", "--show-error", "--max-time", 20, "--cacert", foreign, url)
    assert "curl: (60)" in said
    assert output_of("curl", "--silent", "--max-time", 20, "--cacert", pki.roots, url).encode() == HELLO
