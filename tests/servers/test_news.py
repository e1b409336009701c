"""An article is posted and read back through the proxy: INN."""

import contextlib
import os
import ssl
import subprocess
import uuid
import warnings

import pytest

import cli_support as cli
import daemons
from conftest import every_way

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import nntplib


@pytest.fixture(scope="module")
def inn(folder, certificate):
    """innd takes articles, nnrpd serves readers; both from a package that only installs where there is a domain name."""
    package = daemons.unpacked("inn2")
    binaries = package / "usr/lib/news/bin"
    etc, db, spool, run, logs = (folder / name for name in ("etc", "db", "spool", "run", "logs"))
    for one in (etc, db, spool, run, logs, *(spool / name for name in ("articles", "overview", "incoming", "outgoing", "tmp")),
                spool / "incoming/bad"):
        one.mkdir()
    key = etc / "key.pem"
    key.write_bytes(certificate.key.read_bytes())
    feed, plain, tls = (daemons.free_port() for _ in range(3))
    (etc / "inn.conf").write_text(f"""
domain: mail.test
nnrpdloadlimit: 0
pathhost: news.mail.test
fromhost: mail.test
mta: "/bin/true %s"
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
wireformat: true
allownewnews: true
port: {feed}
nnrpdpostport: {feed}
bindaddress: 127.0.0.1
innflags: "-N"
runasuser: news
runasgroup: news
pathnews: {package}/usr/lib/news
pathbin: {binaries}
pathetc: {etc}
pathdb: {db}
pathspool: {spool}
patharticles: {spool}/articles
pathoverview: {spool}/overview
pathincoming: {spool}/incoming
pathtmp: {spool}/tmp
pathrun: {run}
pathlog: {logs}
tlscertfile: {certificate.cert}
tlskeyfile: {key}
tlscafile: {certificate.ca}
""")
    (etc / "readers.conf").write_text('auth all {\n  hosts: "*"\n  default: "<joe>"\n}\n'
                                      'access all {\n  users: "*"\n  newsgroups: "*"\n  access: RPA\n}\n')
    (etc / "storage.conf").write_text("method tradspool {\n  newsgroups: *\n  class: 0\n}\n")
    (etc / "incoming.conf").write_text('peer ME {\n  hostname: "localhost, 127.0.0.1"\n}\n')
    (etc / "newsfeeds").write_text("ME:*::\nnobody:!*:Tf,Wnm:nobody\n")
    (etc / "expire.ctl").write_text("/remember/:11\n*:A:1:10:never\n")
    for name in ("control.ctl", "moderators", "passwd.nntp", "nocem.ctl", "innfeed.conf", "inn-secrets.conf"):
        (etc / name).write_text("")
    (db / "active").write_text("control 0000000000 0000000001 n\ncontrol.cancel 0000000000 0000000001 n\njunk 0000000000 0000000001 n\n"
                               "test.sotto 0000000000 0000000001 y\n")
    (db / "newsgroups").write_text("test.sotto\ttests\n")
    for name in ("active.times", "history"):
        (db / name).write_text("")
    for one in (etc, db, spool, run, logs):
        daemons.give_to("news", one)
    key.chmod(0o600)
    env = {"INNCONF": str(etc / "inn.conf"), "LD_LIBRARY_PATH": str(package / "usr/lib/news")}
    made = subprocess.run([binaries / "makedbz", "-i", "-o"], user="news", group="news", extra_groups=[], cwd=db,
                          env={**os.environ, **env}, capture_output=True, timeout=60)
    assert made.returncode == 0, made.stderr.decode()
    common = {"user": "news", "env": env, "cwd": spool}
    with contextlib.ExitStack() as stack:
        stack.enter_context(daemons.daemon([binaries / "innd", "-d", "-N", "-P", feed], [feed], folder / "innd.log", patience=1,
                                           **common))  # it does not stop when it is told to
        for port, flags in ((plain, []), (tls, ["-S"])):
            stack.enter_context(daemons.daemon([binaries / "nnrpd", "-D", "-f", "-b", "127.0.0.1", "-p", port, *flags], [port],
                                               folder / f"nnrpd{port}.log", **common))
        yield daemons.Server("INN", "nntp", {"plain": plain, "starttls": plain, "tls": tls})


@pytest.fixture
def context(certificate):
    return ssl.create_default_context(cafile=certificate.ca)


@every_way
def test_an_article_is_posted_and_read_back(proxied, inn, context, client_way, server_way):
    port = proxied(inn, client_way, server_way)
    token = uuid.uuid4().hex
    body = f"{token}\r\n101 STARTTLS\r\nSTARTTLS"
    article = (f"From: joe@mail.test\r\nNewsgroups: test.sotto\r\nSubject: {token}\r\n"
               f"Message-ID: <{token}@mail.test>\r\n\r\n{body}\r\n").encode()
    if client_way == "tls":
        news = nntplib.NNTP_SSL("localhost", port, ssl_context=context, timeout=30)
    else:
        news = nntplib.NNTP("localhost", port, timeout=30)
    with news:
        assert "INN" in news.getwelcome() or "InterNetNews" in news.getwelcome(), "the greeting is the real one"
        assert ("STARTTLS" in news.getcapabilities()) == (client_way == "starttls")
        if client_way == "starttls":
            assert "POST" not in news.getcapabilities()
            news.starttls(context)
        assert "STARTTLS" not in news.getcapabilities() and "POST" in news.getcapabilities()
        assert news.post(article).startswith("240")
        _, info = news.body(f"<{token}@mail.test>")
        assert b"\r\n".join(info.lines).decode() == body


def test_openssl_comes_to_tls(proxied, inn, certificate):
    port = proxied(inn, "starttls", "starttls")
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{port}", "-starttls", "nntp", "-CAfile",
                           certificate.ca, "-verify_return_error", "-verify_hostname", "localhost"], input=b"",
                          capture_output=True, timeout=60)
    assert b"Verify return code: 0 (ok)" in done.stdout, done.stdout.decode() + done.stderr.decode()


def test_sotto_connects(inn, certificate, record_property):
    done = cli.run("connect", inn.endpoint("starttls", inn.ports["starttls"]), "--roots", certificate.ca, "--no-half-close",
                   stdin=b"DATE\r\nQUIT\r\n")
    assert done.stdout.startswith(b"111 ") and "authenticated" in done.stderr.decode(), done.stderr.decode()
    record_property("way", (inn.software, inn.scheme, "direct", "starttls"))
