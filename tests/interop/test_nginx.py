"""nginx with TLS stands behind `sotto proxy`."""

import hashlib

import pytest

from support import http, sotto
from support.command import nginx
from support.processes import free_port, output_of, wait_for_port

PEER = nginx
pytestmark = pytest.mark.role("server")

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr info;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_protocols {protocol};
  ssl_session_cache shared:tickets:1m;
  ssl_certificate {server.chain};
  ssl_certificate_key {server.key};
  ssl_client_certificate {roots};
  root {site};
  add_header X-Tls "$ssl_protocol $ssl_cipher $ssl_session_reused $ssl_server_name $ssl_client_verify";
  server {{ listen 127.0.0.1:{port} ssl http2; }}
  server {{ listen 127.0.0.1:{plain_port} http2; }}
  server {{ listen 127.0.0.1:{strict_port} ssl; ssl_verify_client on; }}
}}
"""


class Nginx:
    """A running nginx: on `port` anybody is served, on `strict_port` only clients with a certificate, on `plain_port`
    those that speak HTTP/2 without TLS."""

    def __init__(self, programs, pki, folder, payload, protocol):
        self.port, self.strict_port, self.plain_port = free_port(), free_port(), free_port()
        site = folder / "site"
        site.mkdir()
        (site / "index.html").write_text("a page of nginx\n")
        (site / "payload").write_bytes(payload.read_bytes())
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder, site=site, protocol=protocol, server=pki.chained_server(), roots=pki.roots,
                port=self.port, strict_port=self.strict_port, plain_port=self.plain_port,
            )
        )
        # With one process and no master, nginx run by root stays root and can read the test's files.
        program = programs.start(["nginx", "-p", folder, "-c", configuration])
        wait_for_port(program, self.port)


@pytest.fixture(scope="module", params=["TLSv1.3", "TLSv1.2"])
def version(request):
    """The only version that nginx speaks."""
    return request.param


@pytest.fixture(scope="module")
def upstream(module_programs, pki, tmp_path_factory, payload, version):
    return Nginx(module_programs, pki, tmp_path_factory.mktemp("nginx"), payload, version)


@pytest.fixture(scope="module")
def originating(module_programs, pki, upstream):
    """`sotto proxy` from plain to nginx's TLS."""
    trust = ("--roots", pki.roots, "--servername", "server.test")
    return sotto.start_proxy(module_programs, "tcp://127.0.0.1:0", f"tls://127.0.0.1:{upstream.port}", *trust)


@pytest.fixture(scope="module")
def re_encrypting(module_programs, pki, upstream):
    """`sotto proxy` from its own TLS to nginx's."""
    trust = ("--roots", pki.roots, "--servername", "server.test")
    ends = ("tls://127.0.0.1:0", f"tls://127.0.0.1:{upstream.port}")
    credential = sotto.credential_arguments(pki.server())
    return sotto.start_proxy(module_programs, *ends, *credential, *trust, "--alpn", "h2,http/1.1")


def test_originate(originating, version):
    """Plain to TLS: several requests on one connection."""
    with http.connection(originating.port) as opened:
        for _ in range(3):
            (protocol, suite, _, name, _), body = http.get(opened)
            assert body == b"a page of nginx\n"
            assert (protocol, name) == (version, "server.test")
            assert suite.startswith("TLS_" if version == "TLSv1.3" else "ECDHE-ECDSA-")


def test_resumption(originating):
    """Plain to TLS: the next connection is resumed."""
    reused = []
    for _ in range(2):
        with http.connection(originating.port) as opened:
            reused.append(http.get(opened)[0][2])
    assert reused[1] == "r"


def test_download(originating, payload):
    """Plain to TLS: four megabytes, compared by hash."""
    with http.connection(originating.port) as opened:
        _, body = http.get(opened, "/payload")
    assert hashlib.sha256(body).digest() == hashlib.sha256(payload.read_bytes()).digest()


def curl_to(port, roots, *arguments):
    """What curl says of a page behind a gateway, headers included."""
    command = ("curl", "--silent", "--show-error", "--include", "--max-time", 20, "--cacert", roots, *arguments)
    return output_of(*command, f"https://localhost:{port}/")


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2"])
def test_re_encrypt(protocol, version, pki, re_encrypting):
    """TLS to TLS, with curl in front: the protocol agreed on is carried through."""
    said = curl_to(re_encrypting.port, pki.roots, "--http1.1" if protocol == "HTTP/1.1" else "--http2")
    assert said.startswith(f"{protocol} 200")
    assert "a page of nginx" in said
    assert f"x-tls: {version} ".lower() in said.lower()


def test_http2_terminated(programs, pki, upstream):
    """TLS to plain: HTTP/2 agreed on by ALPN, with curl in front."""
    credential = sotto.credential_arguments(pki.server())
    ends = ("tls://127.0.0.1:0", f"tcp://127.0.0.1:{upstream.plain_port}")
    proxy = sotto.start_proxy(programs, *ends, *credential, "--alpn", "h2")
    said = curl_to(proxy.port, pki.roots, "--http2")
    assert said.startswith("HTTP/2 200")
    assert "a page of nginx" in said


def test_client_certificate(programs, pki, upstream):
    """Plain to TLS: the gateway shows the certificate that nginx demands."""
    client = pki.client()
    trust = ("--roots", pki.roots, "--servername", "server.test")
    proof = ("--backend-cert", client.chain, "--backend-key", client.key)
    proxy = sotto.start_proxy(programs, "tcp://127.0.0.1:0", f"tls://127.0.0.1:{upstream.strict_port}", *trust, *proof)
    with http.connection(proxy.port) as opened:
        (*_, verified), body = http.get(opened)
    assert verified == "SUCCESS"
    assert body == b"a page of nginx\n"
