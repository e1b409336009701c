"""Queries are answered through the proxy: PostgreSQL, MariaDB and LDAP."""

import os
import pathlib
import subprocess

import pytest

import cli_support as cli
import daemons
from conftest import WAYS, every_way

PASSWORD = "open-sesame"


def run_as(user, *arguments, **more):
    done = subprocess.run([str(one) for one in arguments], capture_output=True, timeout=120, user=user, extra_groups=[],
                          **more)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def postgresql(folder, certificate):
    (binaries,) = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    data, key = folder / "postgresql", folder / "postgresql-key.pem"
    data.mkdir()
    key.write_bytes(certificate.key.read_bytes())
    password = folder / "postgresql-password"
    password.write_text(PASSWORD)
    daemons.give_to("postgres", data, key, password)
    key.chmod(0o600)
    run_as("postgres", binaries / "initdb", "-D", data, "--auth=scram-sha-256", f"--pwfile={password}", "-U", "joe",
           "--no-sync", cwd=data)
    port = daemons.free_port()
    log = folder / "postgresql.log"
    with daemons.daemon([binaries / "postgres", "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c",
                         f"unix_socket_directories={data}", "-c", "ssl=on", "-c", f"ssl_cert_file={certificate.cert}",
                         "-c", f"ssl_key_file={key}", "-c", "fsync=off"], [port], log, user="postgres", cwd=data):
        yield daemons.Server("PostgreSQL", "postgresql", {"plain": port, "starttls": port})


def psql(certificate, port, mode, *more):
    return subprocess.run(["psql", "-X", "-A", "-t", "-c", "select 6 * 7",
                           f"host=localhost port={port} user=joe dbname=postgres sslmode={mode} sslrootcert={certificate.ca} "
                           f"connect_timeout=20 {' '.join(more)}"], capture_output=True, timeout=60,
                          env={**os.environ, "PGPASSWORD": PASSWORD})


@every_way
def test_psql_gets_an_answer(proxied, originated, postgresql, certificate, client_way, server_way):
    port, way = originated(postgresql, proxied(postgresql, client_way, server_way), client_way)
    done = psql(certificate, port, "verify-full" if way == "starttls" else "disable")
    assert done.stdout.decode().strip() == "42", done.stderr.decode()


@pytest.mark.parametrize("binding,answer", [("disable", "42"), ("prefer", "")])
def test_channel_binding_does_not_pass_a_gateway_with_a_certificate_of_its_own(postgresql, certificate, binding, answer):
    with cli.Gateway("postgresql+starttls://127.0.0.1:0", postgresql.endpoint("starttls", postgresql.ports["starttls"]), "--cert",
                     certificate.other_cert, "--key", certificate.other_key, "--roots", certificate.ca) as running:
        done = psql(certificate, running.port, "verify-full", f"channel_binding={binding}")
    assert done.stdout.decode().strip() == answer, done.stderr.decode()
    assert answer or "channel binding" in done.stderr.decode(), done.stderr.decode()


def test_psql_without_tls_is_told_that_it_is_required(proxied, postgresql, certificate):
    done = psql(certificate, proxied(postgresql, "starttls", "plain"), "disable")
    assert done.returncode != 0 and "TLS is required here" in done.stderr.decode()


def test_a_client_may_begin_tls_at_once_if_alpn_says_postgresql(proxied, postgresql, certificate, gateway):
    inner = proxied(postgresql, "starttls", "plain")
    outer = gateway("tcp://127.0.0.1:0", f"postgresqls://localhost:{inner}")
    done = psql(certificate, outer.port, "disable")
    assert done.stdout.decode().strip() == "42", done.stderr.decode() + outer.log()


def test_tls_at_once_without_alpn_is_refused(gateway, postgresql, certificate):
    inner = gateway("postgresql+starttls://127.0.0.1:0", f"tcp://localhost:{postgresql.ports['plain']}")
    cli.run("connect", f"tls://localhost:{inner.port}", "--roots", certificate.ca)
    inner.wait_for("no application protocol in common")


@pytest.fixture(scope="module")
def mariadb(folder, certificate):
    data = folder / "mariadb"
    data.mkdir()
    daemons.give_to("mysql", data)
    run_as("mysql", "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
           "--skip-test-db", cwd=data)
    port, boot = daemons.free_port(), folder / "boot.sql"
    boot.write_text(f"create user joe@localhost identified by '{PASSWORD}';\ngrant all on *.* to joe@localhost;\n")
    boot.chmod(0o644)
    with daemons.daemon(["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
                         f"--socket={data}/socket", f"--ssl-cert={certificate.cert}", f"--ssl-key={certificate.key}",
                         f"--init-file={boot}", "--innodb-flush-log-at-trx-commit=0"],
                        [port], folder / "mariadb.log", user="mysql", cwd=data):
        yield daemons.Server("MariaDB", "mysql", {"plain": port, "starttls": port})


def ask_mariadb(certificate, port, way, *more):
    demand = {"starttls": ["--ssl", f"--ssl-ca={certificate.ca}", "--ssl-verify-server-cert"],
              "plain": ["--skip-ssl"]}[way]
    return subprocess.run(["mariadb", "--no-defaults", "--protocol=tcp", "--host=localhost", f"--port={port}", "--user=joe",
                           f"--password={PASSWORD}", *demand, "-N", "-B", "-e", "select repeat('x', 100000); select 6 * 7", *more],
                          capture_output=True, timeout=60)


@every_way
def test_the_mariadb_client_gets_an_answer(proxied, originated, mariadb, certificate, client_way, server_way):
    done = ask_mariadb(certificate, *originated(mariadb, proxied(mariadb, client_way, server_way), client_way))
    assert done.stdout.decode().split() == ["x" * 100000, "42"], done.stderr.decode()


def test_inside_tls_a_mariadb_server_offers_none(proxied, originated, mariadb, certificate):
    port, _ = originated(mariadb, proxied(mariadb, "tls", "plain"), "tls")
    done = ask_mariadb(certificate, port, "starttls")
    assert done.returncode != 0 and "SSL" in done.stderr.decode(), done.stderr.decode()


def test_a_wrong_password_is_answered_in_order(proxied, mariadb, certificate):
    done = ask_mariadb(certificate, proxied(mariadb, "starttls", "plain"), "starttls", "--password=wrong")
    assert "Access denied" in done.stderr.decode(), done.stderr.decode()


def test_the_mariadb_client_without_tls_is_told_that_it_is_required(proxied, mariadb, certificate):
    done = ask_mariadb(certificate, proxied(mariadb, "starttls", "plain"), "plain")
    assert "TLS is required here" in done.stderr.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def slapd(folder, certificate):
    data = folder / "slapd"
    data.mkdir()
    configuration = folder / "slapd.conf"
    configuration.write_text(f"""
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {data}/slapd.pid
TLSCertificateFile {certificate.cert}
TLSCertificateKeyFile {certificate.key}
TLSCACertificateFile {certificate.ca}
database mdb
suffix "dc=test"
rootdn "cn=joe,dc=test"
rootpw {PASSWORD}
directory {data}
""")
    daemons.give_to("openldap", data, configuration)
    ports = {"plain": daemons.free_port(), "tls": daemons.free_port()}
    with daemons.daemon(["/usr/sbin/slapd", "-d", "0", "-u", "openldap", "-g", "openldap", "-f", configuration, "-h",
                         f"ldap://127.0.0.1:{ports['plain']} ldaps://127.0.0.1:{ports['tls']}"],
                        ports.values(), folder / "slapd.log"):
        yield daemons.Server("OpenLDAP", "ldap", {**ports, "starttls": ports["plain"]})


#: libldap takes "localhost" for the machine's own name, which no certificate of ours has; the address is in it.
def ldap(program, certificate, port, way, *more, text=b""):
    url = ["-H", f"{'ldaps' if way == 'tls' else 'ldap'}://127.0.0.1:{port}"]
    return subprocess.run([program, "-x", *url, *(["-ZZ"] if way == "starttls" else []), "-D", "cn=joe,dc=test", "-w", PASSWORD,
                           *more], input=text, capture_output=True, timeout=60,
                          env={**os.environ, "LDAPTLS_CACERT": str(certificate.ca), "LDAPTLS_REQCERT": "demand"})


@pytest.fixture(scope="module")
def directory(slapd, certificate):
    entry = b"dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: test\no: sotto\n"
    added = ldap("ldapadd", certificate, slapd.ports["plain"], "plain", text=entry)
    assert added.returncode == 0, added.stderr.decode()
    return slapd


@every_way
def test_ldapsearch_finds_what_was_added(proxied, directory, certificate, client_way, server_way):
    port = proxied(directory, client_way, server_way)
    found = ldap("ldapsearch", certificate, port, client_way, "-b", "dc=test", "-LLL", "o")
    assert "o: sotto" in found.stdout.decode(), found.stderr.decode()


def test_a_bind_without_tls_is_refused(proxied, directory, certificate):
    found = ldap("ldapsearch", certificate, proxied(directory, "starttls", "plain"), "plain", "-b", "dc=test")
    assert found.returncode != 0 and "Confidentiality required" in found.stderr.decode()


#: This curl's StartTLS fails with slapd itself too: it sends the bind in plaintext, behind the consent.
@pytest.mark.parametrize("client_way,server_way", [way for way in WAYS if way[0] != "starttls"])
def test_curl_reads_ldap(proxied, directory, certificate, client_way, server_way):
    """Where the entry and the end of the answer come in one TLS record, this curl waits for more, behind anybody's TLS."""
    port = proxied(directory, client_way, server_way)
    scheme = "ldaps" if client_way == "tls" else "ldap"
    done = subprocess.run(["curl", "-sS", "--max-time", "4", "--cacert", certificate.ca,
                           f"{scheme}://127.0.0.1:{port}/dc=test?o", "--user", f"cn=joe,dc=test:{PASSWORD}"],
                          capture_output=True, timeout=60)
    assert "o: sotto" in done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("which,protocol", [("postgresql", "postgres"), ("mariadb", "mysql"), ("directory", "ldap")])
def test_openssl_comes_to_tls(proxied, certificate, request, which, protocol):
    port = proxied(request.getfixturevalue(which), "starttls", "plain")
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{port}", "-starttls", protocol, "-CAfile",
                           certificate.ca, "-verify_return_error", "-verify_hostname", "localhost"], input=b"",
                          capture_output=True, timeout=60)
    assert b"Verify return code: 0 (ok)" in done.stdout, done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize("which", ["postgresql", "mariadb", "directory"])
def test_sotto_connects(certificate, request, which, record_property):
    server = request.getfixturevalue(which)
    done = cli.run("connect", server.endpoint("starttls", server.ports["starttls"]), "--roots", certificate.ca, stdin=b"")
    assert "authenticated" in done.stderr.decode() and "octets" in done.stderr.decode(), done.stderr.decode()
    record_property("way", (server.software, server.scheme, "direct", "starttls"))
