import pathlib
import types

import pytest

import cli_support as support


def pytest_addoption(parser):
    parser.addoption("--update-policies", action="store_true", help="keep what `sotto policy` prints now")


@pytest.fixture(scope="session", autouse=True)
def descriptors():
    support.raise_descriptor_limit()


@pytest.fixture(scope="session")
def data_home(tmp_path_factory):
    return tmp_path_factory.mktemp("xdg")


@pytest.fixture(scope="session")
def certificates(data_home, tmp_path_factory):
    """An authority and a leaf for localhost, made by the program, and other things made by openssl."""
    made = support.run("cert", "dev", env={"XDG_DATA_HOME": str(data_home)})
    assert made.returncode == 0, made.stderr.decode()
    rows = dict(line.split(None, 1) for line in made.stdout.decode().splitlines())
    folder = tmp_path_factory.mktemp("certificates")
    other = types.SimpleNamespace(cert=folder / "other.pem", key=folder / "other-key.pem")
    support.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", other.key,
                    "-out", other.cert, "-days", "2", "-subj", "/CN=other", "-addext", "subjectAltName=DNS:other.example")
    encrypted = folder / "encrypted-key.pem"
    support.openssl("pkcs8", "-topk8", "-in", rows["key"], "-out", encrypted, "-passout", "pass:open sesame")
    passphrase = folder / "passphrase.txt"
    passphrase.write_text("open sesame\n")
    return types.SimpleNamespace(ca=pathlib.Path(rows["ca"]), cert=pathlib.Path(rows["cert"]), key=pathlib.Path(rows["key"]),
                                 other=other, encrypted_key=encrypted, passphrase=passphrase, folder=folder)


@pytest.fixture
def gateway(certificates):
    """Starts a terminating gateway in front of `backend`."""
    running = []

    def start(backend, *flags, listen="tls://127.0.0.1:0", **settings):
        gateway = support.Gateway(listen, backend, "--cert", certificates.cert, "--key", certificates.key, *flags, **settings)
        running.append(gateway)
        return gateway

    yield start
    for one in running:
        with one:
            pass


@pytest.fixture
def troubled(gateway):
    """Starts a gateway whose calls of the kernel fail as `faults` says."""

    def start(backend, faults, *flags, **settings):
        return gateway(backend, *flags, env={"LD_PRELOAD": support.TROUBLED_IO, "SOTTO_FAULTS": faults}, **settings)

    return start


@pytest.fixture
def report(capsys):
    """Prints a measured figure, captured or not."""

    def print_it(text):
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return print_it
