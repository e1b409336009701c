"""Private keys on a token, here SoftHSM's: in the gateway and in `sotto connect`."""

import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import types

import pytest

import cli_support as support

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "271828"

KEYS = {
    "ecdsa": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "ed25519": ("ED25519",),
    "other": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
}


def openssl(*arguments, **settings):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=support.PATIENCE, **settings)


class Token:
    """A token in a folder of its own, with the keys of an authority's certificates; the keys are nowhere else."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(configuration)}
        self.tool("softhsm2-util", "--init-token", "--free", "--label", "web", "--pin", PIN, "--so-pin", "314159")
        self.ca = folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=Token Test Root", "-keyout", folder / "ca-key.pem", "-out", self.ca)
        for number, (name, parameters) in enumerate(KEYS.items(), 1):
            self.add(name, parameters, number)

    def tool(self, *command):
        done = subprocess.run(list(map(str, command)), env={**os.environ, **self.env}, capture_output=True, text=True,
                              timeout=support.PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pkcs11_tool(self, *arguments):
        return self.tool("pkcs11-tool", "--module", MODULE, "--token-label", "web", "--login", "--pin", PIN, *arguments)

    def issue(self, name, *subject):
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost\nkeyUsage=digitalSignature,keyEncipherment\n")
        openssl("x509", "-req", *subject, "-CA", self.ca, "-CAkey", self.folder / "ca-key.pem", "-CAcreateserial",
                "-days", "2", "-extfile", extensions, "-out", self.cert(name))

    def add(self, name, parameters, number):
        key, request = self.folder / "key.pem", self.folder / "request.pem"
        openssl("genpkey", "-algorithm", *parameters, "-out", key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        self.issue(name, "-in", request)
        self.tool("softhsm2-util", "--import", key, "--token", "web", "--label", name, "--id", f"{number:02x}", "--pin", PIN)
        key.unlink()

    def cert(self, name):
        return self.folder / f"{name}.pem"

    def uri(self, name, token="web", module=MODULE, pin=PIN):
        query = f"module-path={module}" + (f"&pin-value={pin}" if pin else "")
        return f"pkcs11:token={token};object={name}?{query}"

    def pair(self, name, **settings):
        return "--cert", self.cert(name), "--key", self.uri(name, **settings)

    @contextlib.contextmanager
    def gateway(self, backend, *flags, **settings):
        env = {**self.env, **settings.pop("env", {})}
        with support.Gateway("tls://127.0.0.1:0", backend, *flags, env=env, **settings) as gateway:
            yield gateway

    def s_client(self, port, *flags):
        """Sends a line to an echo with openssl's client and returns all that it says."""
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost",
                                   "-CAfile", str(self.ca), "-verify_return_error", *map(str, flags)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        client.stdin.write("to the token and back\n")
        client.stdin.flush()
        for line in client.stdout:
            said += line
            if line == "to the token and back\n":
                break
        client.stdin.close()
        rest, _ = client.stdout.read(), client.wait(support.PATIENCE)
        return said + rest


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    return Token(tmp_path_factory.mktemp("token"))


@pytest.fixture(scope="module")
def echo():
    with support.Backend(support.echo) as backend:
        yield backend.address


WAYS = [
    ("ecdsa", ("-tls1_3",), "ecdsa", "TLSv1.3"),
    ("ecdsa", ("-tls1_2",), "ecdsa", "TLSv1.2"),
    ("rsa", ("-tls1_3",), "rsa-pss", "TLSv1.3"),
    ("rsa", ("-tls1_3", "-sigalgs", "rsa_pss_rsae_sha512"), "rsa-pss", "TLSv1.3"),
    ("rsa", ("-tls1_2", "-sigalgs", "rsa_pss_rsae_sha384"), "rsa-pss", "TLSv1.2"),
    ("rsa", ("-tls1_2", "-sigalgs", "rsa_pkcs1_sha256"), "rsa", "TLSv1.2"),
    ("rsa", ("-tls1_2", "-sigalgs", "rsa_pkcs1_sha512"), "rsa", "TLSv1.2"),
    ("ed25519", ("-tls1_3",), "ed25519", "TLSv1.3"),
    ("ed25519", ("-tls1_2",), "ed25519", "TLSv1.2"),
]


@pytest.mark.parametrize("name, flags, signature, version", WAYS, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value)
def test_a_key_on_the_token_signs_for_the_gateway(token, echo, name, flags, signature, version):
    with token.gateway(echo, *token.pair(name)) as gateway:
        said = token.s_client(gateway.port, *flags)
        assert "to the token and back\n" in said, said
        assert "Verify return code: 0 (ok)" in said, said
        assert f"New, {version}" in said, said
        assert f"peer signature type: {signature}\n" in said.lower(), said


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES256-SHA"])
def test_a_key_on_the_token_decrypts_for_rsa_key_exchange(token, echo, suite):
    with token.gateway(echo, *token.pair("rsa"), "--policy", "legacy") as gateway:
        said = token.s_client(gateway.port, "-tls1_2", "-cipher", suite)
        assert "to the token and back\n" in said, said
        assert f"Cipher is {suite}" in said, said


FORGERIES = {
    "right, and another secret": lambda padded: padded(b"\x03\x03" + 46 * b"S"),
    "an older version": lambda padded: padded(b"\x03\x01" + 46 * b"S"),
    "a secret of 47 octets": lambda padded: padded(b"\x03\x03" + 45 * b"S"),
    "a secret of 49 octets": lambda padded: padded(b"\x03\x03" + 47 * b"S"),
    "no secret": lambda padded: padded(b""),
    "block type 1": lambda padded: b"\x00\x01" + padded(b"\x03\x03" + 46 * b"S")[2:],
    "no leading zero": lambda padded: b"\x01\x02" + padded(b"\x03\x03" + 46 * b"S")[2:],
    "padding that is too short": lambda padded: b"\x00\x02PPP\x00" + 250 * b"S",
    "padding without an end": lambda padded: b"\x00\x02" + 254 * b"P",
    "zeros": lambda padded: bytes(256),
}


def tls12_records(content_type, content):
    return bytes([content_type, 3, 3]) + len(content).to_bytes(2, "big") + content


def handshake_message(message_type, body):
    return bytes([message_type]) + len(body).to_bytes(3, "big") + body


def answer_to_premaster(gateway, encrypted):
    """What the gateway sends, and what it logs, when a client of RSA key exchange ends its handshake with this ciphertext."""
    extensions = bytes.fromhex("00170000" "000d00080006040108040403")  # extended master secret, signature_algorithms
    hello = b"\x03\x03" + os.urandom(32) + bytes.fromhex("00" "0004009c00ff" "0100") + len(extensions).to_bytes(2, "big")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=support.PATIENCE) as client:
        client.sendall(tls12_records(22, handshake_message(1, hello + extensions)))
        flight = b""
        while not flight.endswith(handshake_message(14, b"")):  # ServerHelloDone
            flight += (heard := client.recv(65536))
            assert heard, flight
        client.sendall(tls12_records(22, handshake_message(16, len(encrypted).to_bytes(2, "big") + encrypted)))
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)  # not a word about the ciphertext
        client.settimeout(support.PATIENCE)
        lines = len(gateway.lines)
        client.sendall(tls12_records(20, b"\x01") + tls12_records(22, 40 * b"F"))
        said = b""
        while heard := client.recv(65536):
            said += heard
    support.wait_until(lambda: len(gateway.lines) > lines, "the gateway logs the failure")
    return said, re.sub(r"^\S+ |127\.0\.0\.1:\d+|\b[0-9.]+ ?m?s\b", "", gateway.lines[lines])


def test_the_token_is_no_oracle_for_forged_ciphertexts(token, echo):
    """RFC 5246, 7.4.7.1: what the token cannot decrypt ends like a wrong secret, and not before the client's Finished."""
    modulus = int(openssl("x509", "-in", token.cert("rsa"), "-noout", "-modulus").stdout.split(b"=")[1], 16)
    padded = lambda secret: b"\x00\x02" + (253 - len(secret)) * b"P" + b"\x00" + secret
    with token.gateway(echo, *token.pair("rsa"), "--policy", "legacy") as gateway:
        answers = {}
        for what, forge in FORGERIES.items():
            block = forge(padded)
            assert len(block) == 256
            encrypted = pow(int.from_bytes(block, "big") % modulus, 65537, modulus).to_bytes(256, "big")
            answers[what] = answer_to_premaster(gateway, encrypted)
        answers["above the modulus"] = answer_to_premaster(gateway, 256 * b"\xff")
        answers["too short"] = answer_to_premaster(gateway, 255 * b"\x77")
        expected = answers["right, and another secret"]
        assert expected[0] == tls12_records(21, b"\x02\x14"), "bad_record_mac, in the clear, and nothing else"
        assert {what: answer for what, answer in answers.items() if answer != expected} == {}
        assert "to the token and back\n" in token.s_client(gateway.port, "-tls1_2", "-cipher", "AES128-GCM-SHA256")


def test_many_clients_share_the_token(token, echo):
    with token.gateway(echo, *token.pair("ecdsa"), "--workers", "2") as gateway:
        def talk(number):
            with support.connect(gateway.port, token.ca) as client:
                client.sendall(b"%d" % number)
                return client.recv(100)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert list(pool.map(talk, range(100))) == [b"%d" % number for number in range(100)]


def test_the_certificate_may_be_on_the_token_too(token, echo):
    der = token.folder / "rsa.der"
    openssl("x509", "-in", token.cert("rsa"), "-outform", "DER", "-out", der)
    token.pkcs11_tool("--write-object", der, "--type", "cert", "--label", "rsa")
    with token.gateway(echo, "--cert", token.uri("rsa", pin=None), "--key", token.uri("rsa")) as gateway:
        assert "Verify return code: 0 (ok)" in token.s_client(gateway.port)


def test_a_key_that_wants_its_pin_for_each_use_gets_it(token, echo):
    token.pkcs11_tool("--keypairgen", "--key-type", "EC:prime256v1", "--label", "careful", "--always-auth")
    public = token.folder / "careful-public.der"
    token.pkcs11_tool("--read-object", "--type", "pubkey", "--label", "careful", "--output-file", public)
    request, key = token.folder / "careful-request.pem", token.folder / "careful-any.pem"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj",
            "/CN=careful", "-out", request)
    token.issue("careful", "-in", request, "-force_pubkey", public)
    with token.gateway(echo, *token.pair("careful")) as gateway:
        for _ in range(2):
            assert "to the token and back\n" in token.s_client(gateway.port)


@pytest.mark.parametrize("source", ["pin-source", "passphrase-file", "environment"])
def test_the_pin_may_stand_elsewhere(token, echo, source, tmp_path):
    file = tmp_path / "pin.txt"
    file.write_text(PIN + "\n")
    uri = token.uri("ecdsa", pin=None)
    flags, env = ["--cert", token.cert("ecdsa")], {}
    if source == "pin-source":
        flags += ["--key", f"{uri}&pin-source=file:{file}"]
    elif source == "passphrase-file":
        flags += ["--key", uri, "--passphrase-file", file]
    else:
        flags += ["--key", uri]
        env = {"SOTTO_PKCS11_PIN": PIN}
    with token.gateway(echo, *flags, env=env) as gateway:
        assert "to the token and back\n" in token.s_client(gateway.port)


def test_a_module_may_be_named_as_it_is_configured(token, echo):
    uri = f"pkcs11:token=web;object=ecdsa?module-name=softhsm2&pin-value={PIN}"
    with token.gateway(echo, "--cert", token.cert("ecdsa"), "--key", uri) as gateway:
        assert "to the token and back\n" in token.s_client(gateway.port)


WRONGS = [
    (dict(module="/no/such/module.so"), "ecdsa", "the PKCS#11 module '/no/such/module.so' cannot be loaded"),
    (dict(token="elsewhere"), "ecdsa", "there is no token for 'pkcs11:token=elsewhere"),
    (dict(pin="000000"), "ecdsa", "the token 'web' refused the PIN"),
    (dict(pin=None), "ecdsa", "needs a PIN and there is no terminal to ask on"),
    (dict(), "nothing", "there is no private key on the token 'web' for 'pkcs11:token=web;object=nothing"),
    (dict(), "other", "is not the key of the first certificate in"),
    (dict(), "rsa", "is not the key of the first certificate in"),
]


@pytest.mark.parametrize("settings, name, sentence", WRONGS, ids=["module", "token", "pin", "no-pin", "key", "mismatch", "kind"])
def test_what_is_wrong_is_said_at_the_start_and_the_pin_is_not(token, settings, name, sentence):
    done = subprocess.run([support.SOTTO, "proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", token.cert("ecdsa"),
                           "--key", token.uri(name, **settings)], env={**os.environ, **token.env, "NO_COLOR": "1"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=support.PATIENCE,
                          start_new_session=True)
    assert done.returncode == 3, done.stderr
    assert sentence in done.stderr
    assert PIN not in done.stderr and "000000" not in done.stderr


def test_a_malformed_uri_is_refused_without_its_pin(token):
    done = support.run("proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", token.cert("ecdsa"), "--key",
                       f"pkcs11:token=%zz?pin-value={PIN}", env=token.env)
    assert done.returncode == 3
    assert "is no pkcs11: URI" in done.stderr.decode() and PIN not in done.stderr.decode()


def test_the_gateway_outlives_its_token(token, echo):
    """The token goes, and clients get internal_error; it comes back, and is found again."""
    tokens = token.folder / "tokens"
    away = token.folder / "away"
    with token.gateway(echo, *token.pair("ecdsa")) as gateway:
        assert "to the token and back\n" in token.s_client(gateway.port)
        shutil.move(tokens, away)
        tokens.mkdir()
        try:
            said = token.s_client(gateway.port)
            assert "alert internal error" in said, said
            gateway.wait_for(r"handshake .*failed.*pkcs11:token=web;object=ecdsa")
            assert PIN not in gateway.log()
        finally:
            tokens.rmdir()
            shutil.move(away, tokens)
        assert "to the token and back\n" in token.s_client(gateway.port)
        gateway.tell(signal.SIGHUP)
        gateway.wait_for("reloaded")
        assert "to the token and back\n" in token.s_client(gateway.port)


def test_a_reload_reads_uris_from_the_configuration_again(token, echo, tmp_path):
    file = tmp_path / "sotto.toml"

    def write(name):
        file.write_text(f"""[[service]]
from = "tls://127.0.0.1:0"
to = "{echo}"
certificates = [{{ cert = "{token.cert(name)}", key = "{token.uri(name)}" }}]
""")

    write("ecdsa")
    with support.Gateway("--config", file, env=token.env) as gateway:
        assert "Peer signature type: ECDSA" in token.s_client(gateway.port)
        write("rsa")
        gateway.tell(signal.SIGHUP)
        gateway.wait_for("reloaded")
        assert "Peer signature type: RSA-PSS" in token.s_client(gateway.port)
        write("nothing")
        gateway.tell(signal.SIGHUP)
        gateway.wait_for("the reload failed, and everything stays as it was")
        assert "Peer signature type: RSA-PSS" in token.s_client(gateway.port)


@contextlib.contextmanager
def s_server(token, *flags):
    """openssl's server, which demands a client certificate and sends every line back reversed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key, cert = token.folder / "server-key.pem", token.folder / "server.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert)
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(cert), "-key", str(key),
                               "-Verify", "1", "-verify_return_error", "-CAfile", str(token.ca), "-rev", *flags],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert any("ACCEPT" in line for line in server.stdout)
        yield types.SimpleNamespace(port=port, roots=cert, process=server)
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("name", ["ecdsa", "rsa", "ed25519"])
@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_connect_shows_a_certificate_whose_key_is_on_the_token(token, name, version):
    with s_server(token) as server:
        done = support.run("connect", "--roots", server.roots, "--servername", "localhost", "--max-version", version,
                           *token.pair(name), f"tls://127.0.0.1:{server.port}", stdin=b"drawkcab\n", env=token.env)
        assert done.stdout == b"backward\n", done.stderr.decode()
        assert PIN.encode() not in done.stderr
        server.process.kill()
        assert f"depth=0 CN = {name}\n" in server.process.stdout.read()


def test_the_gateway_shows_a_backend_a_certificate_whose_key_is_on_the_token(token, certificates):
    with s_server(token) as server:
        with support.Gateway("tcp://127.0.0.1:0", f"tls://127.0.0.1:{server.port}", "--roots", server.roots, "--servername",
                             "localhost", "--backend-cert", token.cert("ecdsa"), "--backend-key", token.uri("ecdsa"),
                             env=token.env) as gateway:
            with socket.create_connection(("127.0.0.1", gateway.port), timeout=support.PATIENCE) as client:
                client.sendall(b"drawkcab\n")
                assert client.recv(100) == b"backward\n"
