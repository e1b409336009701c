"""Fixtures of the proof by real servers, and the table in docs/guide/starttls.md that a run with --update-docs writes."""

import pathlib
import shutil
import sys
import tempfile
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import cli_support as cli
import table


def pytest_addoption(parser):
    parser.addoption("--update-docs", action="store_true", help="write the table in docs/guide/starttls.md from this run")


#: XMPP servers find each other by addresses of their own, where there is no DNS.
NAMES = ["localhost", "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory, folders):
    """A local authority, a leaf for this machine and another one, in a place that servers without rights can read."""
    home = tmp_path_factory.mktemp("xdg")
    folder = open_folder("certificate")
    files = {}
    for prefix, names in (("", NAMES), ("other_", ["localhost"])):
        made = cli.run("cert", "dev", *names, env={"XDG_DATA_HOME": str(home)})
        assert made.returncode == 0, made.stderr.decode()
        rows = dict(line.split(None, 1) for line in made.stdout.decode().splitlines())
        for name in ("ca", "cert", "key"):
            files[prefix + name] = folder / f"{prefix}{name}.pem"
            shutil.copy(rows[name], files[prefix + name])
            files[prefix + name].chmod(0o644)
    return types.SimpleNamespace(**files)


@pytest.fixture(scope="session", autouse=True)
def folders():
    yield
    for one in _folders:
        shutil.rmtree(one, ignore_errors=True)


_folders = []


def open_folder(name):
    """Makes a folder that the users whom servers change to can reach: those of pytest are closed to them."""
    _folders.append(pathlib.Path(tempfile.mkdtemp(prefix=f"sotto-{name}-")))
    _folders[-1].chmod(0o755)
    return _folders[-1]


@pytest.fixture(scope="module")
def folder():
    return open_folder("server")


def is_tls(endpoint):
    scheme = endpoint.split("://")[0]
    return scheme.endswith(("s", "+starttls")) or scheme == "xmpps-server"


@pytest.fixture
def gateway(certificate):
    """Starts `sotto proxy FROM TO`, with certificates where they are needed, and returns it."""
    running = []

    def start(listen, backend):
        arguments = [listen, backend]
        if is_tls(listen):
            arguments += ["--cert", certificate.cert, "--key", certificate.key]
        if is_tls(backend):
            arguments += ["--roots", certificate.ca]
        running.append(cli.Gateway(*arguments))
        return running[-1]

    yield start
    for one in running:
        print(one.log())
        with one:
            pass


@pytest.fixture
def proxied(gateway, request):
    """Puts the proxy in front of a server: returns the port where `client_way` is spoken."""

    def start(server, client_way, server_way):
        port = server.ports.get(server_way)
        if port is None:  # no TLS at once of its own: another gateway lends it
            port = gateway(server.endpoint("tls", 0), server.endpoint("plain", server.ports["plain"])).port
        running = gateway(server.endpoint(client_way, 0), server.endpoint(server_way, port))
        request.node.user_properties.append(("way", (server.software, server.scheme, client_way, server_way)))
        return running.port

    return start


@pytest.fixture
def originated(gateway):
    """For clients that know no TLS at once: returns the port of a gateway that begins it for them, and the way they speak."""

    def start(server, port, client_way):
        if client_way != "tls":
            return port, client_way
        return gateway("tcp://127.0.0.1:0", server.endpoint("tls", port)).port, "plain"

    return start


WAYS = [("tls", "starttls"), ("tls", "plain"), ("starttls", "plain"), ("starttls", "starttls"), ("plain", "starttls"),
        ("starttls", "tls")]
every_way = pytest.mark.parametrize("client_way,server_way", WAYS, ids=["-to-".join(way) for way in WAYS])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.passed:
        table.keep(value for name, value in item.user_properties if name == "way")


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and session.config.getoption("--update-docs"):
        table.write()
