"""Files by FTP, messages by XMPP and IRC, through the proxy."""

import base64
import contextlib
import os
import socket
import ssl
import subprocess

import pytest

import cli_support as cli
import daemons
from conftest import every_way

PASSWORD = "open-sesame"


@pytest.fixture
def context(certificate):
    return ssl.create_default_context(cafile=certificate.ca)


@pytest.fixture(scope="module")
def vsftpd(folder, certificate):
    """Anonymous reading and writing; TLS on the control channel if the client asks."""
    files, empty = folder / "files", folder / "empty"
    for one in (files, empty):
        one.mkdir()
        one.chmod(0o555)
    upload = files / "upload"
    upload.mkdir()
    daemons.give_to("ftp", upload) if user_exists("ftp") else upload.chmod(0o777)
    ports = {"plain": daemons.free_port(), "tls": daemons.free_port()}
    with contextlib.ExitStack() as stack:
        for way, port in ports.items():
            configuration = folder / f"vsftpd-{way}.conf"
            configuration.write_text(f"""
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
local_enable=NO
anon_root={files}
anon_upload_enable=YES
anon_umask=022
write_enable=YES
secure_chroot_dir={empty}
ssl_enable=YES
implicit_ssl={"YES" if way == "tls" else "NO"}
allow_anon_ssl=YES
require_ssl_reuse=NO
rsa_cert_file={certificate.cert}
rsa_private_key_file={certificate.key}
seccomp_sandbox=NO
""")
            stack.enter_context(daemons.daemon(["/usr/sbin/vsftpd", configuration], [port], folder / f"vsftpd-{way}.log"))
        yield daemons.Server("vsftpd", "ftp", {**ports, "starttls": ports["plain"]})


def user_exists(name):
    with contextlib.suppress(KeyError):
        return daemons.pwd.getpwnam(name) is not None
    return False


@every_way
def test_curl_writes_a_file_and_reads_it_back(proxied, vsftpd, certificate, tmp_path, client_way, server_way):
    """The data channel is between client and server, in plaintext here: --ftp-ssl-control protects the control channel."""
    port = proxied(vsftpd, client_way, server_way)
    sent = tmp_path / f"{client_way}-{server_way}.txt"
    sent.write_bytes(os.urandom(100_000))
    url = f"{'ftps' if client_way == 'tls' else 'ftp'}://localhost:{port}/upload/{sent.name}"
    # Behind plaintext or STARTTLS of the proxy's own, the server must not expect TLS of its own on the data channel.
    demand = {"starttls": ["--ftp-ssl-control"], "tls": ["--ftp-ssl-control"], "plain": []}[client_way]
    common = ["curl", "-sS", "--max-time", "40", "--cacert", str(certificate.ca), *demand]
    put = subprocess.run([*common, "-T", sent, url], capture_output=True, timeout=60)
    assert put.returncode == 0, put.stderr.decode()
    got = subprocess.run([*common, url], capture_output=True, timeout=60)
    assert got.stdout == sent.read_bytes(), got.stderr.decode()


@pytest.mark.parametrize("client_way,server_way", [("tls", "starttls"), ("starttls", "starttls"), ("starttls", "tls")])
def test_curl_protects_the_data_channel_where_the_server_has_tls(proxied, vsftpd, certificate, tmp_path, client_way, server_way):
    """PBSZ and PROT pass through, and the data channel's TLS is between client and server."""
    port = proxied(vsftpd, client_way, server_way)
    sent = tmp_path / f"private-{client_way}-{server_way}.txt"
    sent.write_bytes(os.urandom(100_000))
    url = f"{'ftps' if client_way == 'tls' else 'ftp'}://localhost:{port}/upload/{sent.name}"
    common = ["curl", "-sSv", "--max-time", "40", "--cacert", str(certificate.ca), "--ssl-reqd"]
    put = subprocess.run([*common, "-T", sent, url], capture_output=True, timeout=60)
    assert put.returncode == 0 and b"PROT P" in put.stderr and b"200 PROT now Private" in put.stderr, put.stderr.decode()
    got = subprocess.run([*common, url], capture_output=True, timeout=60)
    assert got.stdout == sent.read_bytes(), got.stderr.decode()


def test_a_user_before_tls_is_refused(proxied, vsftpd):
    port = proxied(vsftpd, "starttls", "plain")
    with socket.create_connection(("localhost", port), 30) as plain:
        lines = Lines(plain)
        assert b"vsFTPd" in lines.expect(b"220 "), "the greeting is the real one"
        lines.ask(b"USER anonymous", b"530 ")


class Lines:
    """A conversation over a socket: sends, and reads up to what is expected."""

    def __init__(self, stream):
        self.stream, self.said = stream, b""

    def expect(self, last):
        while last not in self.said:
            got = self.stream.recv(4096)
            assert got, f"the server hung up; it said {self.said!r}"
            self.said += got
        heard, self.said = self.said, b""
        return heard

    def ask(self, command, last, end=b"\r\n"):
        self.stream.sendall(command + end)
        return self.expect(last)


@contextlib.contextmanager
def run_prosody(folder, certificate, address, domain):
    """Speaks with clients and with other servers, and knows one account; yields the ports of both."""
    data = folder / f"prosody-{domain}"
    accounts = data / domain.replace(".", "%2e") / "accounts"
    accounts.mkdir(parents=True)
    (accounts / "joe.dat").write_text(f'return {{\n\t["password"] = "{PASSWORD}";\n}};\n')
    daemons.give_to("prosody", data)
    ports = {name: daemons.free_port() for name in ("c2s", "c2s_direct_tls", "s2s", "s2s_direct_tls")}
    configuration = folder / f"prosody-{domain}.cfg.lua"
    configuration.write_text(f"""
data_path = "{data}"
pidfile = "{data}/prosody.pid"
daemonize = false
interfaces = {{ "{address}" }}
{"".join(f"{name}_ports = {{ {port} }}" + chr(10) for name, port in ports.items())}
modules_enabled = {{ "roster"; "saslauth"; "tls"; "dialback"; "s2s" }}
c2s_require_encryption = false
s2s_require_encryption = false
s2s_secure_auth = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
log = {{ info = "*console" }}
certificate = "{certificate.cert}"
ssl = {{ certificate = "{certificate.cert}"; key = "{certificate.key}" }}
c2s_direct_tls_ssl = {{ certificate = "{certificate.cert}"; key = "{certificate.key}" }}
s2s_direct_tls_ssl = {{ certificate = "{certificate.cert}"; key = "{certificate.key}" }}
VirtualHost "{domain}"
""")
    with daemons.daemon(["prosody", "--config", configuration, "-F"], [], folder / f"prosody-{domain}.log", user="prosody",
                        cwd=data) as process:
        for port in ports.values():
            daemons.wait_for_port(port, "prosody", lambda: process.poll() is None, address)
        yield ports


@pytest.fixture(scope="module")
def prosody(folder, certificate):
    with run_prosody(folder, certificate, "127.0.0.1", "localhost") as ports:
        yield daemons.Server("Prosody", "xmpp", {"plain": ports["c2s"], "starttls": ports["c2s"], "tls": ports["c2s_direct_tls"]})


#: Where there is no DNS, a server finds another by its address, on the registered port.
DOMAINS = ["127.0.0.2", "127.0.0.3"]
SERVER_PORT = 5269


@pytest.fixture(scope="module")
def two_prosodies(folder, certificate):
    """Two domains, each with the ports of its server."""
    with contextlib.ExitStack() as stack:
        yield {domain: stack.enter_context(run_prosody(folder, certificate, domain, domain)) for domain in DOMAINS}


def stream_to(domain):
    return (f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>").encode()


STREAM = stream_to("localhost")


def log_in(lines, domain):
    secret = base64.b64encode(f"\0joe\0{PASSWORD}".encode())
    lines.ask(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + secret + b"</auth>", b"<success")
    lines.ask(stream_to(domain), b"</stream:features>")
    lines.ask(b"<iq id='1' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</iq>")
    lines.ask(b"<presence/>", b"<presence")


@every_way
def test_a_message_comes_back_by_xmpp(proxied, prosody, context, client_way, server_way):
    port = proxied(prosody, client_way, server_way)
    with contextlib.closing(socket.create_connection(("localhost", port), 30)) as plain:
        lines = Lines(context.wrap_socket(plain, server_hostname="localhost") if client_way == "tls" else plain)
        features = lines.ask(STREAM, b"</stream:features>")
        assert (b"<starttls" in features) == (client_way == "starttls")
        if client_way == "starttls":
            assert b"<mechanism" not in features, "no login before TLS"
            lines.ask(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", b"<proceed", end=b"")
            lines = Lines(context.wrap_socket(plain, server_hostname="localhost"))
            features = lines.ask(STREAM, b"</stream:features>")
        assert b"<mechanism>PLAIN</mechanism>" in features and b"<starttls" not in features
        log_in(lines, "localhost")
        assert b"hello again" in lines.ask(b"<message to='joe@localhost' type='chat'><body>hello again</body></message>",
                                           b"</message>")


@every_way
def test_a_message_goes_from_server_to_server(gateway, two_prosodies, record_property, client_way, server_way):
    """Each server stands behind a gateway, through which the other delivers, and asks whether a delivery is genuine."""
    for domain, ports in two_prosodies.items():
        server = daemons.Server("Prosody", "xmpp-server", {})
        port = ports["s2s_direct_tls" if server_way == "tls" else "s2s"]
        backend = server.endpoint(server_way, port).replace("localhost", domain)
        front = server.endpoint(client_way, SERVER_PORT).replace("localhost", domain)
        if client_way == "tls":  # a server asks the DNS where TLS at once is spoken
            inner = gateway(server.endpoint("tls", 0), backend)
            front, backend = f"tcp://{domain}:{SERVER_PORT}", server.endpoint("tls", inner.port)
        gateway(front, backend)
    with contextlib.ExitStack() as stack:
        joes = []
        for domain, ports in two_prosodies.items():
            joes.append(Lines(stack.enter_context(socket.create_connection((domain, ports["c2s"]), 60))))
            joes[-1].ask(stream_to(domain), b"</stream:features>")
            log_in(joes[-1], domain)
        for joe, other, domain in ((joes[0], joes[1], DOMAINS[1]), (joes[1], joes[0], DOMAINS[0])):
            joe.stream.sendall(f"<message to='joe@{domain}' type='chat'><body>hello {domain}</body></message>".encode())
            assert f"hello {domain}".encode() in other.expect(b"</message>")
    record_property("way", ("Prosody", "xmpp-server", client_way, server_way))


@pytest.fixture(scope="module")
def inspircd(folder, certificate):
    port, tls_port = daemons.free_port(), daemons.free_port()
    configuration = folder / "inspircd.conf"
    configuration.write_text(f"""
<server name="irc.test" description="test" id="0AA" network="test">
<admin name="joe" nick="joe" email="joe@mail.test">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls_port}" type="clients" sslprofile="Clients">
<connect allow="*" timeout="30" localmax="100" globalmax="100" resolvehostnames="no" useident="no">
<module name="ssl_gnutls"><module name="starttls"><module name="cap">
<sslprofile name="Clients" provider="gnutls" certfile="{certificate.cert}" keyfile="{certificate.key}">
<starttls profile="Clients">
<files motd="{folder}/motd"><pid file="{folder}/irc/pid">
<log method="file" type="*" level="default" target="{folder}/irc/log">
""")
    (folder / "motd").write_text("hello\n")
    (folder / "irc").mkdir()
    daemons.give_to("irc", folder / "irc")
    with daemons.daemon(["/usr/sbin/inspircd", "--config", configuration, "--nofork", "--nopid"], [port, tls_port],
                        folder / "inspircd.log", user="irc", cwd=folder / "irc"):
        yield daemons.Server("InspIRCd", "irc", {"plain": port, "starttls": port, "tls": tls_port})


@every_way
def test_a_message_comes_back_by_irc(proxied, inspircd, context, client_way, server_way):
    port = proxied(inspircd, client_way, server_way)
    with contextlib.closing(socket.create_connection(("localhost", port), 30)) as plain:
        lines = Lines(context.wrap_socket(plain, server_hostname="localhost") if client_way == "tls" else plain)
        capabilities = lines.ask(b"CAP LS", b"LS :")
        if client_way == "starttls":
            assert b"tls" in capabilities
            lines.ask(b"STARTTLS", b" 670 ")
            lines = Lines(context.wrap_socket(plain, server_hostname="localhost"))
            capabilities = lines.ask(b"CAP LS", b"LS :")
        nick = f"j{port}".encode()
        lines.stream.sendall(b"CAP END\r\n")
        lines.ask(b"NICK " + nick + b"\r\nUSER joe 0 * :joe", b" 001 ")
        lines.ask(b"PRIVMSG " + nick + b" :hello again", b"hello again")


def test_openssl_comes_to_tls_as_an_xmpp_server(gateway, two_prosodies, certificate):
    domain, ports = next(iter(two_prosodies.items()))
    running = gateway("xmpp-server+starttls://127.0.0.1:0", f"xmpp-server+starttls://{domain}:{ports['s2s']}")
    openssl_comes_to_tls(certificate, running.port, "xmpp-server", "-xmpphost", domain)


@pytest.mark.parametrize("which,protocol", [("vsftpd", "ftp"), ("prosody", "xmpp"), ("inspircd", "irc")])
def test_openssl_comes_to_tls(proxied, certificate, request, which, protocol):
    port = proxied(request.getfixturevalue(which), "starttls", "plain")
    openssl_comes_to_tls(certificate, port, protocol, *(["-xmpphost", "localhost"] if protocol == "xmpp" else []))


def openssl_comes_to_tls(certificate, port, protocol, *more):
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{port}", "-starttls", protocol, *more, "-CAfile",
                           certificate.ca, "-verify_return_error", "-verify_hostname", "localhost"], input=b"",
                          capture_output=True, timeout=60)
    assert b"Verify return code: 0 (ok)" in done.stdout, done.stdout.decode() + done.stderr.decode()


SAID = {"vsftpd": b"QUIT\r\n", "prosody": STREAM + b"</stream:stream>", "inspircd": b"QUIT\r\n"}


def connect(server, endpoint, certificate, said, record_property):
    done = cli.run("connect", endpoint, "--roots", certificate.ca, "--no-half-close", stdin=said)
    assert done.stdout and "authenticated" in done.stderr.decode(), done.stderr.decode()
    record_property("way", (server.software, server.scheme, "direct", "starttls"))


@pytest.mark.parametrize("which", SAID)
def test_sotto_connects(certificate, request, which, record_property):
    server = request.getfixturevalue(which)
    connect(server, server.endpoint("starttls", server.ports["starttls"]), certificate, SAID[which], record_property)


def test_sotto_connects_as_an_xmpp_server(certificate, two_prosodies, record_property):
    domain, ports = next(iter(two_prosodies.items()))
    said = stream_to(domain).replace(b"jabber:client", b"jabber:server") + b"</stream:stream>"
    connect(daemons.Server("Prosody", "xmpp-server", {}), f"xmpp-server+starttls://{domain}:{ports['s2s']}", certificate, said,
            record_property)
