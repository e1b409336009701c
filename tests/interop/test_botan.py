"""Botan 2 as a client and as a server: every suite of TLS 1.2 that both know, twice each, the second time resumed."""

import pytest

from support import botan, sotto
from support.suites import key_kind
from support.talk import ACTIONS, LINE

PEER = botan
SPOKEN = "a line from Botan"
ANSWERS = ("say:welcome", f"receive:{len(SPOKEN) + 1}", f"say:{LINE}", "close", "drain")
CBC = [suite for suite in botan.SUITES12 if "CBC" in suite]


@pytest.fixture(scope="module")
def authorities(pki, tmp_path_factory):
    """A folder with the roots, which is how Botan wants them."""
    folder = tmp_path_factory.mktemp("authorities")
    for root in (pki.ecdsa_root, pki.rsa_root):
        (folder / root.certificate.name).write_text(root.certificate.read_text())
    return folder


@pytest.fixture
def served(programs, pki, authorities, tmp_path):
    """Lets Botan connect to a sotto server so many times, and returns what sotto said of each connection."""

    def serve(suite, *server_flags, connections=2, **policy):
        received = tmp_path / "received"
        common = ("--ciphersuites", suite, "--connections", connections, "--received", received)
        server = sotto.start_server(programs, [pki.server(key_kind(suite))], *common, *server_flags, actions=ANSWERS)
        flags = (botan.write_policy(tmp_path, suite, **policy), f"--session-db={tmp_path}/sessions", "--session-db-pass=secret")
        for index in range(connections):
            client = botan.start_client(programs, server.port, authorities, *flags)
            client.wait_for("Handshake complete")
            client.write(SPOKEN + "\n")
            client.wait_for(f"^{LINE}$")
            server.closed_well(index)
            assert client.wait() == 0, client.text
            assert client.suites() == [suite]
            if index == 0:
                assert "Certificate validation status: Verified" in client.text
        assert received.read_text() == (SPOKEN + "\n") * connections
        return server.events("connected")

    return serve


@pytest.fixture
def connected(programs, pki, tmp_path):
    """Lets a sotto client connect to Botan so many times, and returns what sotto said of each connection."""

    def connect(suite, *client_flags, connections=2, **policy):
        received = tmp_path / "received"
        server = botan.start_server(programs, pki.server(key_kind(suite)), botan.write_policy(tmp_path, suite, **policy))
        common = ("--ciphersuites", suite, "--connections", connections, "--received", received)
        client = sotto.start_client(programs, server.port, pki.roots, *common, *client_flags, actions=ACTIONS)
        for index in range(connections):
            client.closed_well(index)
        server.wait_until(lambda: server.suites() == [suite] * connections, "its account of all connections")
        assert received.read_text() == (LINE + "\n") * connections
        return client.events("connected")

    return connect


# Each test with Botan in either role.
either_role = pytest.mark.parametrize(
    "meeting",
    [
        pytest.param("served", marks=pytest.mark.role("client"), id="client"),
        pytest.param("connected", marks=pytest.mark.role("server"), id="server"),
    ],
)


@pytest.fixture
def meet(meeting, request):
    """Lets Botan in that role and sotto meet."""
    return request.getfixturevalue(meeting)


def resumed(events, suite):
    assert [event["suite"] for event in events] == [suite] * 2
    assert [event["version"] for event in events] == ["TLS 1.2"] * 2
    return [event["resumed"] for event in events] == [False, True]


@either_role
@pytest.mark.parametrize("suite", botan.SUITES12)
def test_suite(suite, meet):
    """TLS 1.2: each cipher suite, the only one on both sides, and resumption: by ticket with a client, by session ID with a server."""
    assert resumed(meet(suite), suite)


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", botan.SUITES12[::6])
def test_session_id_of_client(suite, served):
    """TLS 1.2: resumption by session ID, by a server without tickets."""
    assert resumed(served(suite, "--tickets", 0), suite)


@either_role
@pytest.mark.parametrize("suite", CBC[::2])
def test_mac_then_encrypt(suite, meet):
    """TLS 1.2: a peer that does not know encrypt-then-MAC."""
    assert resumed(meet(suite, encrypt_then_mac=False), suite)


@either_role
@pytest.mark.parametrize("group", botan.GROUPS)
def test_group(group, meet):
    """TLS 1.2: each group, the only one that Botan knows."""
    (event,) = meet("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", groups=(group,), connections=1)
    assert event["group"] == group
