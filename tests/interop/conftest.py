"""Fixtures of the proof by real peers, and the table in docs/interop.md that a run with --update-docs writes."""

import pytest

pytest.register_assert_rewrite("support.own_tests", "support.own_peer")

from support import gnutls, openssl, report, sotto
from support.fixtures import meet, megabyte, pki, programs, pytest_generate_tests, pytest_runtest_makereport
from support.processes import Programs, output_of
from support.site import Site
from support.sotto import ROOT
from support.talk import ACTIONS
from support.wishes import Wishes


def pytest_addoption(parser):
    parser.addoption("--update-docs", action="store_true", help="write docs/interop.md from this run, with tests/peers in it")


@pytest.fixture(scope="module")
def module_programs():
    """Starts programs that serve all tests of a module."""
    started = Programs()
    yield started
    started.stop()


@pytest.fixture
def version():
    """The version of TLS that is spoken; the mark `both_versions` has the test run with either."""
    return "1.3"


@pytest.fixture(params=[openssl, gnutls], ids=lambda peer: peer.NAME)
def peer(request):
    """Each of the two TLS stacks that everything is tried with, in both roles."""
    return request.param


@pytest.fixture
def client_wishes(pki):
    """What most clients of TLS 1.2 are told."""
    return Wishes(roots=pki.roots, version="1.2")


@pytest.fixture
def server_wishes(pki):
    """What most servers of TLS 1.2 are told."""
    return Wishes(credential=pki.server("rsa"), version="1.2")


@pytest.fixture
def call(programs, pki):
    """Starts a sotto client that talks for a moment to the server it is given."""

    def start(server, *arguments, actions=ACTIONS, **options):
        return sotto.start_client(programs, server.port, pki.roots, *arguments, actions=actions, **options)

    return start


@pytest.fixture(scope="session")
def payload(tmp_path_factory):
    """A file of some megabytes of text without line ends, for programs that treat lines in their own way."""
    file = tmp_path_factory.mktemp("payload") / "payload"
    file.write_bytes(b"".join(b"%07d " % number for number in range(512 * 1024)))
    return file


@pytest.fixture(scope="session")
def key_store(pki, tmp_path_factory):
    """Makes the PKCS #12 files that Java keeps its keys in."""
    folder = tmp_path_factory.mktemp("stores")

    def make(credential):
        store = folder / f"{credential.key.stem}.p12"
        if store.exists():
            return store
        files = ("-inkey", credential.key, "-in", credential.chain, "-out", store)
        assert output_of("openssl", "pkcs12", "-export", *files, "-passout", "pass:secret") == ""
        return store

    return make


@pytest.fixture(scope="module")
def site(payload):
    """A plain HTTP site to stand behind a gateway."""
    served = Site(payload.read_bytes())
    yield served
    served.stop()


@pytest.fixture(scope="module")
def terminating(module_programs, pki, site):
    """`sotto proxy` in front of the site: TLS from clients, plain to the site."""
    credential = sotto.credential_arguments(pki.server())
    target = f"tcp://127.0.0.1:{site.port}"
    return sotto.start_proxy(module_programs, "tls://127.0.0.1:0", target, *credential, "--alpn", "http/1.1")


def pytest_sessionfinish(session):
    if session.config.getoption("--update-docs"):
        report.write(ROOT / "docs/interop.md")
