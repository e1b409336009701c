"""Headless Firefox loads pages through `sotto proxy`."""

import hashlib

import pytest

from support import firefox, sotto
from support.site import HELLO

PEER = firefox
pytestmark = pytest.mark.role("client")
VERSIONS = ("1.3", "1.2")


@pytest.fixture(scope="module")
def browser(module_programs, pki, tmp_path_factory):
    return firefox.start(module_programs, tmp_path_factory.mktemp("firefox"), pki.roots, pki.client())


@pytest.fixture
def gateway(programs, site, browser):
    """Starts a gateway to the site with a credential; the browser leaves it before it is stopped."""

    def start(credential, *arguments):
        words = sotto.credential_arguments(credential)
        return sotto.start_proxy(programs, "tls://127.0.0.1:0", f"tcp://127.0.0.1:{site.port}", *words, *arguments)

    yield start
    browser.forget_connections()


@pytest.mark.parametrize("version", VERSIONS)
def test_page(version, browser, gateway, pki):
    """A page: secure, with the version and the suite that the gateway says."""
    served = gateway(pki.server())
    browser.only(version)
    seen = browser.visit(f"https://localhost:{served.port}/")
    assert browser.text_of_page().encode() == HELLO
    assert seen["secure"] and seen["version"] == firefox.VERSIONS[version] and not seen["resumed"]
    browser.forget_connections()
    served.wait_for(rf"TLS {version} {seen['suite']}, .*sni=localhost")


@pytest.mark.parametrize("version", VERSIONS)
def test_again(version, browser, gateway, pki):
    """Loaded once more over a new connection, which is resumed."""
    served = gateway(pki.server("rsa"))
    browser.only(version)
    assert not browser.visit(f"https://localhost:{served.port}/")["resumed"]
    browser.forget_connections()
    seen = browser.visit(f"https://localhost:{served.port}/?again")
    assert seen["secure"] and seen["resumed"]
    browser.forget_connections()
    served.wait_for(rf"TLS {version} .*, resumed")


@pytest.mark.parametrize("version", VERSIONS)
def test_download(version, browser, gateway, pki, payload):
    """Four megabytes, fetched by a page and compared by hash."""
    served = gateway(pki.server())
    browser.only(version)
    browser.visit(f"https://localhost:{served.port}/")
    script = """
        const octets = await (await fetch("/payload")).arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
        return Array.from(digest, octet => octet.toString(16).padStart(2, "0")).join("");"""
    assert browser.run(f"return (async () => {{{script}}})()") == hashlib.sha256(payload.read_bytes()).hexdigest()


@pytest.mark.parametrize("version", VERSIONS)
def test_client_certificate(version, browser, gateway, pki):
    """A gateway that requires a client certificate is shown the browser's."""
    served = gateway(pki.server(), "--client-auth", "required", "--client-ca", pki.roots)
    browser.only(version)
    browser.visit(f"https://localhost:{served.port}/")
    assert browser.text_of_page().encode() == HELLO
    browser.forget_connections()
    served.wait_for("client authenticated by the root")


def test_wrong_name(browser, gateway, pki):
    """A certificate for another name: the browser refuses the site and shows nothing of it."""
    served = gateway(pki.server())
    browser.only("1.3")
    assert browser.refusal(f"https://wrong.test:{served.port}/") == "SSL_ERROR_BAD_CERT_DOMAIN"
    assert HELLO.decode() not in browser.text_of_page()


def test_untrusted(browser, gateway, pki):
    """A certificate from an authority that is not trusted: the browser refuses the site and shows nothing of it."""
    served = gateway(pki.server(root=pki.foreign_root))
    browser.only("1.3")
    assert browser.refusal(f"https://localhost:{served.port}/") == "SEC_ERROR_UNKNOWN_ISSUER"
    assert HELLO.decode() not in browser.text_of_page()
