"""Headless Chromium loads the demo site of `sotto proxy --dev`, with the development authority trusted."""

import time

import pytest

from support import chromium
from support.processes import output_of
from support.sotto import SOTTO

PEER = chromium
pytestmark = pytest.mark.role("client")

TITLE = "It came through sotto"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of its own for the browser and the gateway."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def demo(module_programs, home):
    """The demo gateway; the attribute `authority` is the certificate it wants trusted."""
    environment = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    gateway = module_programs.start([SOTTO, "proxy", "--dev", "tls://127.0.0.1:0"], environment=environment)
    gateway.port = int(gateway.wait_for(r"listening on tls://127\.0\.0\.1:(\d+)").group(1))
    gateway.authority = output_of(SOTTO, "cert", "dev", "--print-ca", environment=environment).strip()
    return gateway


@pytest.fixture(scope="module")
def browser(module_programs, home, demo):
    chromium.trust(home, demo.authority)
    return chromium.start(module_programs, home)


def test_demo_site(browser, demo):
    """The demo site with the development authority trusted: TLS 1.3, secure, and the page's title."""
    response = browser.visit(f"https://localhost:{demo.port}/")
    assert response["status"] == 200
    assert response["securityState"] == "secure"
    details = response["securityDetails"]
    assert details["protocol"] == "TLS 1.3"
    assert "X25519" in details["keyExchangeGroup"]
    assert "localhost" in details["sanList"]
    assert browser.title() == TITLE
    state = browser.event(
        "Security.visibleSecurityStateChanged",
        lambda parameters: parameters["visibleSecurityState"]["securityState"] == "secure",
    )["visibleSecurityState"]
    assert state["certificateSecurityState"]["protocol"] == "TLS 1.3"
    assert not state["certificateSecurityState"]["certificateHasWeakSignature"]


def test_again(browser, demo):
    """Loaded once more, over connections that are still open or resumed."""
    for _ in range(2):
        response = browser.visit(f"https://localhost:{demo.port}/?{time.monotonic()}")
        assert response["securityState"] == "secure"
        assert browser.title() == TITLE


def test_compressed_certificate(programs, home, demo):
    """The certificate goes to it compressed with brotli (RFC 8879), as the gateway's log says when the connection ends."""
    browser = chromium.start(programs, home / "another")
    browser.refusal(f"https://localhost:{demo.port}/")
    demo.wait_for(r"certificate compressed with brotli, \d+ to \d+ octets")


def test_untrusted(programs, tmp_path, demo):
    """Without the authority trusted, the browser refuses the site and shows nothing of it."""
    stranger = chromium.start(programs, tmp_path)
    assert stranger.refusal(f"https://localhost:{demo.port}/") == "net::ERR_CERT_AUTHORITY_INVALID"
    assert stranger.title() != TITLE
