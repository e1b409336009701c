"""NSS, the TLS of Firefox, as a client and as a server: every suite that both know, twice each, the second time resumed."""

import pytest

from support import nss, sotto
from support.suites import key_kind

PEER = nss
SUITES = nss.KNOWN13 + nss.KNOWN12
ANSWER = "a line from sotto"
ACTIONS = ("say:welcome", f"receive:{len(nss.LINE) + 1}", f"say:{ANSWER}", "close", "drain")
REQUEST = ("say:GET / HTTP/1.0\r\n\r", "receive:60", "close", "drain")


@pytest.fixture(scope="module")
def store(pki, tmp_path_factory):
    """Makes databases, once for each credential; they trust the test authority."""
    folder = tmp_path_factory.mktemp("nss")
    made = {}

    def make(credential=None):
        name = credential.key.stem if credential else "client"
        if name not in made:
            made[name] = nss.make_store(folder / name, pki.roots, credential)
        return made[name]

    return make


@pytest.fixture(scope="module")
def request_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("request") / "request"
    file.write_text(nss.LINE + "\n")
    return file


@pytest.fixture
def served(programs, pki, store, request_file, tmp_path):
    """Lets NSS connect to a sotto server so many times, and returns what both said of each connection."""

    def serve(key, suite, *flags, connections=2, credential=None, server_flags=()):
        received = tmp_path / "received"
        common = ("--ciphersuites", suite, "--received", received, "--connections", connections)
        server = sotto.start_server(programs, [pki.server(key)], *common, *server_flags, actions=ACTIONS)
        choice = ("-L", connections, *nss.version_flags(suite)) if connections > 1 else nss.suite_flags(suite)
        client = nss.start_client(programs, server.port, store(credential), request_file, *choice, *flags)
        assert client.wait() == 0, client.text
        for index in range(connections):
            server.closed_well(index)
            assert client.facts(index) == nss.expected_facts(suite)
        assert received.read_text() == (nss.LINE + "\n") * connections
        assert client.stdout.decode().count(ANSWER) == connections
        return client, server.events("connected")

    return serve


@pytest.fixture
def connected(programs, pki, store, tmp_path):
    """Lets a sotto client connect to NSS so many times, and returns what both said of each connection."""

    def connect(key, suite, *flags, connections=2, client_flags=()):
        server = nss.start_server(programs, store(pki.server(key)), *nss.suite_flags(suite), *flags)
        received = tmp_path / "received"
        common = ("--ciphersuites", suite, "--connections", connections, "--received", received)
        client = sotto.start_client(programs, server.port, pki.roots, *common, *client_flags, actions=REQUEST)
        for index in range(connections):
            client.closed_well(index)
            assert server.facts(index) == nss.expected_facts(suite)
        answers = received.read_text()  # which repeat the requests
        assert answers.count("HTTP/1.0 200 OK") == answers.count("GET / HTTP/1.0") == connections
        return server, client.events("connected")

    return connect


def resumed(events, suite):
    assert [event["suite"] for event in events] == [suite] * 2
    return [event["resumed"] for event in events] == [False, True]


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_client(suite, served):
    """TLS 1.2 and 1.3: each cipher suite, the only one that sotto takes, and resumption by ticket."""
    if suite in nss.OFF_BY_DEFAULT:  # told to use one, tstclnt can connect but once
        _, (event,) = served(key_kind(suite), suite, connections=1)
        assert event["suite"] == suite
        return
    client, events = served(key_kind(suite), suite, "-u")
    assert resumed(events, suite)
    assert "1 stateless resumes" in client.text


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", nss.KNOWN12[::5])
def test_session_id_of_client(suite, served):
    """TLS 1.2: resumption by session ID, without tickets."""
    client, events = served(key_kind(suite), suite)
    assert resumed(events, suite)
    assert "1 cache hits" in client.text and "1 stateless resumes" not in client.text


@pytest.mark.role("client")
@pytest.mark.parametrize("group", nss.GROUPS)
@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
def test_group_of_client(suite, group, served):
    """TLS 1.2 and 1.3: each group, the only one the client knows."""
    _, (event,) = served(key_kind(suite), suite, "-I", nss.GROUPS[group], connections=1)
    assert event["group"] == group


@pytest.mark.role("client")
@pytest.mark.parametrize("group", ["secp384r1", "secp521r1"])
def test_retry_of_client(group, served):
    """HelloRetryRequest: the server wants a group that the client sent no key share for, and resumption after it."""
    groups = ",".join(nss.GROUPS.values())
    _, events = served("ecdsa_p256", "TLS_AES_128_GCM_SHA256", "-u", "-I", groups, server_flags=("--groups", group))
    assert events[0]["hello_retried"] and events[0]["group"] == group
    assert resumed(events, "TLS_AES_128_GCM_SHA256")


@pytest.mark.role("client")
@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "rsa"])
@pytest.mark.parametrize("suite", ["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"])
def test_certificate_of_client(suite, kind, served, pki):
    """TLS 1.2 and 1.3: a required client certificate, each kind of key, and resumption with it."""
    flags = ("--client-auth", "required", "--roots", pki.roots)
    _, events = served("rsa", suite, "-u", "-n", "own", credential=pki.client(kind), server_flags=flags)
    assert resumed(events, suite)
    assert f"client {kind}" in events[0]["peer_subject"]


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_server(suite, connected):
    """TLS 1.2 and 1.3: each cipher suite, the only one on both sides, and resumption by ticket."""
    server, events = connected(key_kind(suite), suite, "-u", "-H", "1")
    assert resumed(events, suite)
    server.wait_for("[1-9] stateless resumes")


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", nss.KNOWN12[::5])
def test_session_id_of_server(suite, connected):
    """TLS 1.2: resumption by session ID, by a server without tickets."""
    server, events = connected(key_kind(suite), suite, "-H", "1")
    assert resumed(events, suite)
    server.wait_for("[1-9] cache hits")


@pytest.mark.role("server")
@pytest.mark.parametrize("group", ["secp256r1", "secp384r1", "secp521r1"])
def test_retry_of_server(group, connected):
    """HelloRetryRequest: the server takes no group but one that sotto sent no key share for."""
    flags = ("--groups", f"x25519,{group}", "--key-shares", "x25519")
    _, (event,) = connected("rsa", "TLS_AES_128_GCM_SHA256", "-I", nss.GROUPS[group], connections=1, client_flags=flags)
    assert event["hello_retried"] and event["group"] == group


@pytest.mark.role("server")
@pytest.mark.parametrize("kind", ["ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "rsa"])
@pytest.mark.parametrize("suite", ["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"])
def test_certificate_of_server(suite, kind, connected, pki):
    """TLS 1.2 and 1.3: a server that requires a client certificate, each kind of key, and resumption with it."""
    flags = sotto.credential_arguments(pki.client(kind))
    server, events = connected("rsa", suite, "-u", "-r", "-r", client_flags=flags)
    assert resumed(events, suite)
    server.wait_for(f"subject DN: CN=client {kind}")
