"""Java's JSSE as a client and as a server: every suite of TLS 1.2 that it shares with sotto, client certificates, both ways to
resume, and renegotiation by either side."""

import hashlib

import pytest

from support import jsse, sotto
from support.processes import output_of
from support.suites import key_kind
from support.talk import ACTIONS, LINE

PEER = jsse
SOME = (
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
)
KINDS = ("ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "ed25519", "rsa", "rsa_pss")
ANSWERS = (f"receive:{len(jsse.LINE) + 1}", f"say:{LINE}", "close", "drain")
SPEAKS = f"say:{jsse.LINE},hear,drain"
ANSWERS_BACK = f"hear,say:{LINE.replace(' ', '_')},drain"
ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
VERSIONS = {"TLSv1.3": "TLS_AES_128_GCM_SHA256", "TLSv1.2": ECDHE}


@pytest.fixture(scope="module")
def machine(module_programs, tmp_path_factory):
    """One virtual machine for all tests of this module."""
    classes = tmp_path_factory.mktemp("classes")
    assert output_of("javac", "-d", classes, jsse.SOURCE) == ""
    return module_programs.start([*jsse.START, "-cp", classes, "JssePeer"], kind=jsse.Machine)


@pytest.fixture
def served(programs, pki, machine, key_store):
    """Lets Java connect to a sotto server, twice; returns what both said of it."""

    def serve(suite, *flags, kind=None, client=None, actions=ANSWERS, **wishes):
        credential = pki.server(kind or key_kind(suite))
        connections = wishes.setdefault("connections", 2)
        common = ("--ciphersuites", suite, "--connections", connections)
        server = sotto.start_server(programs, [credential], *common, *flags, actions=actions)
        keys = key_store(client) if client else None
        order = machine.order("connect", port=server.port, suite=suite, roots=pki.roots, keys=keys, **{"then": SPEAKS, **wishes})
        order.finished()
        for index in range(connections):
            server.closed_well(index)
        return order, server

    return serve


@pytest.fixture
def connected(programs, pki, machine, key_store):
    """Lets a sotto client connect to Java, twice; returns what both said of it."""

    def connect(suite, *flags, kind=None, actions=ACTIONS, **wishes):
        credential = pki.server(kind or key_kind(suite))
        connections = wishes.setdefault("connections", 2)
        keys = key_store(credential)
        order = machine.order("serve", suite=suite, roots=pki.roots, keys=keys, **{"then": ANSWERS_BACK, **wishes})
        common = ("--ciphersuites", suite, "--connections", connections)
        client = sotto.start_client(programs, order.port, pki.roots, *common, *flags, actions=actions)
        for index in range(connections):
            client.closed_well(index)
        order.finished()
        return order, client

    return connect


def check(order, ours, suite, resumes=True, version="TLS 1.2"):
    """Compares what both sides say of two connections, of which the second is resumed."""
    expected = [(version, suite, index == 1 and resumes) for index in range(2)]
    assert [(event["version"], event["suite"], event["resumed"]) for event in ours.events("connected")] == expected
    assert [fact[:3] for fact in order.facts()] == expected


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", jsse.SUITES12)
def test_suite_of_client(suite, served):
    """TLS 1.2: each cipher suite, the only one on both sides, and resumption by ticket."""
    order, server = served(suite)
    check(order, server, suite)
    assert order.text.count(f"heard [{LINE}]") == 2
    assert "NewSessionTicket" in server.event("ended")["said"]


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", jsse.SUITES12)
def test_suite_of_server(suite, connected):
    """TLS 1.2: each cipher suite, the only one on both sides, and resumption by ticket."""
    order, client = connected(suite)
    check(order, client, suite)
    assert order.text.count(f"heard [{LINE}]") == 2
    assert "NewSessionTicket" in client.event("ended")["heard"]


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SOME)
def test_session_id_of_client(suite, served):
    """TLS 1.2: resumption by session ID, with a client that takes no tickets."""
    order, server = served(suite, tickets="false")
    check(order, server, suite)
    assert "NewSessionTicket" not in server.event("ended")["said"]


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SOME)
def test_session_id_of_server(suite, connected):
    """TLS 1.2: resumption by session ID, with a server that gives no tickets."""
    order, client = connected(suite, tickets="false")
    check(order, client, suite)
    assert "NewSessionTicket" not in client.event("ended")["heard"]


@pytest.mark.role("client")
@pytest.mark.parametrize("group", jsse.GROUPS)
@pytest.mark.parametrize("suite", [ECDHE, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"])
def test_group_of_client(suite, group, served):
    """TLS 1.2: each group, the only one that sotto takes."""
    groups = group if "ECDSA" not in suite or group == "secp256r1" else f"{group},secp256r1"  # the certificate's own
    _, server = served(suite, "--groups", groups, connections=1)
    assert server.event("connected")["group"] == group


@pytest.mark.role("server")
@pytest.mark.parametrize("group", jsse.GROUPS)
def test_group_of_server(group, connected):
    """TLS 1.2: each group, the only one that sotto offers."""
    _, client = connected(ECDHE, "--groups", group, connections=1)
    assert client.event("connected")["group"] == group


@pytest.mark.role("client")
@pytest.mark.parametrize("kind", KINDS)
def test_key_of_sotto(kind, served):
    """TLS 1.2: each kind of server key."""
    suite = ECDHE if kind.startswith("rsa") else "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    order, server = served(suite, kind=kind)
    check(order, server, suite)


@pytest.mark.role("server")
@pytest.mark.parametrize("kind", KINDS)
def test_key_of_server(kind, connected):
    """TLS 1.2: each kind of server key."""
    suite = ECDHE if kind.startswith("rsa") else "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    order, client = connected(suite, kind=kind)
    check(order, client, suite)


@pytest.mark.role("client")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", VERSIONS)
def test_certificate_of_client(protocol, kind, served, pki):
    """TLS 1.2 and 1.3: a required client certificate, each kind of key, and resumption with it."""
    suite = VERSIONS[protocol]
    flags = ("--client-auth", "required", "--roots", pki.roots)
    order, server = served(suite, *flags, kind="rsa", client=pki.client(kind), protocol=protocol)
    check(order, server, suite, version=protocol.replace("v", " "))
    for event in server.events("connected"):
        assert f"client {kind}" in event["peer_subject"] and event["peer_authenticated"]


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", SOME)
def test_optional_certificate_of_client(suite, served, pki):
    """TLS 1.2: a client certificate over classic suites that is asked for, shown by one client and not by another."""
    flags = ("--client-auth", "optional", "--roots", pki.roots)
    order, server = served(suite, *flags, client=pki.client("rsa"))
    check(order, server, suite)
    assert "client rsa" in server.event("connected")["peer_subject"]
    _, server = served(suite, *flags, connections=1)
    assert server.event("connected")["peer_subject"] == ""


@pytest.mark.role("server")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", VERSIONS)
def test_certificate_of_sotto(protocol, kind, connected, pki):
    """TLS 1.2 and 1.3: a server that requires a client certificate, each kind of key, and resumption with it."""
    suite = VERSIONS[protocol]
    flags = sotto.credential_arguments(pki.client(kind))
    order, client = connected(suite, *flags, kind="rsa", clients="need", protocol=protocol)
    check(order, client, suite, version=protocol.replace("v", " "))
    assert [fact[3] for fact in order.facts()] == [f"CN=client {kind}"] * 2


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", SOME)
def test_optional_certificate_of_sotto(suite, connected, pki):
    """TLS 1.2: a server that asks for a client certificate over classic suites, and gets it, or gets none."""
    order, client = connected(suite, *sotto.credential_arguments(pki.client("ecdsa_p256")), clients="want")
    check(order, client, suite)
    assert [fact[3] for fact in order.facts()] == ["CN=client ecdsa_p256"] * 2
    order, _ = connected(suite, clients="want", connections=1)
    assert order.facts()[0][3] == "nobody"


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", [ECDHE, "TLS_RSA_WITH_AES_256_CBC_SHA256"])
def test_missing_certificate(suite, programs, pki, machine, key_store):
    """TLS 1.2: sotto without the required client certificate is refused, and says so."""
    keys = key_store(pki.server("rsa"))
    order = machine.order("serve", suite=suite, roots=pki.roots, keys=keys, clients="need", then="drain")
    client = sotto.start_client(programs, order.port, pki.roots, "--ciphersuites", suite, actions=ACTIONS)
    ended = client.event("ended")
    assert (ended["how"], ended["alert"]) == ("failed", "bad_certificate")
    assert "Empty client certificate chain" in order.failed()


RENEGOTIATING = (ECDHE, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384")


def plan(data, starter):
    """What each side does, and the hashes of what each receives. Java renegotiates only while it reads."""
    file, size, octets = data.file, data.size, data.file.read_bytes()
    theirs = f"send:{file},handshake,send:{file},receive:{2 * size},hear,renegotiated,drain"
    if starter == "sotto":
        theirs = f"send:{file},receive:{2 * size},hear,renegotiated,send:{file},drain"
    asks = ["renegotiate"] if starter == "sotto" else []
    ours = [f"receive:{size}", f"send:{file}", *asks, f"send:{file}", "renegotiated:1", "say:after", f"receive:{2 * size}", "close", "drain"]
    hashes = [hashlib.sha256(octets + octets + end).hexdigest() for end in (b"after\n", b"")]
    return {"then": theirs, "actions": ours, "connections": 1}, hashes


def renegotiates(meet, starter, suite, data, received):
    """Lets one side renegotiate in the middle of the data; `meet`: how Java and sotto come together."""
    talk, (to_java, to_sotto) = plan(data, starter)
    order, ours = meet(suite, "--renegotiation", "--received", received, **talk)
    assert order.finished() == [to_java]
    assert hashlib.sha256(received.read_bytes()).hexdigest() == to_sotto
    assert ours.event("renegotiated")["suite"] == order.facts("renegotiated")[0][1] == suite


@pytest.mark.role("client")
@pytest.mark.parametrize("suite", RENEGOTIATING)
@pytest.mark.parametrize("starter", ["Java", "sotto"])
def test_renegotiation_of_client(starter, suite, served, megabyte, tmp_path):
    """TLS 1.2: either side renegotiates in the middle of two megabytes each way, compared by hash."""
    renegotiates(served, starter, suite, megabyte, tmp_path / "received")


@pytest.mark.role("server")
@pytest.mark.parametrize("suite", RENEGOTIATING)
@pytest.mark.parametrize("starter", ["Java", "sotto"])
def test_renegotiation_of_server(starter, suite, connected, megabyte, tmp_path):
    """TLS 1.2: either side renegotiates in the middle of two megabytes each way, compared by hash."""
    renegotiates(connected, starter, suite, megabyte, tmp_path / "received")


@pytest.mark.role("client")
def test_certificate_on_request(served, pki):
    """TLS 1.2: sotto asks for the client's certificate by renegotiation, after the request has come."""
    asking = (f"receive:{len(jsse.LINE) + 1}", "ask:required", "renegotiated:1", "say:granted", "close", "drain")
    flags = ("--renegotiation", "--client-auth", "on-request", "--roots", pki.roots)
    then = f"say:{jsse.LINE},hear,renegotiated,drain"
    order, server = served(ECDHE, *flags, client=pki.client("rsa"), actions=asking, connections=1, then=then)
    assert server.event("connected")["peer_subject"] == ""
    assert "client rsa" in server.event("renegotiated")["peer_subject"]
    assert "heard [granted]" in order.text


@pytest.mark.role("server")
@pytest.mark.parametrize("how", ["want", "need"])
def test_server_asks_for_a_certificate(how, connected, pki):
    """TLS 1.2: a server asks for sotto's certificate by renegotiation, after the request has come."""
    flags = ("--renegotiation", *sotto.credential_arguments(pki.client("ecdsa_p256")))
    actions = (f"say:{LINE}", "renegotiated:1", "say:after", "close", "drain")
    order, client = connected(ECDHE, *flags, actions=actions, connections=1, then=f"hear,{how},handshake,hear,renegotiated,drain")
    assert order.facts()[0][3] == "nobody"
    assert order.facts("renegotiated")[0][3] == "CN=client ecdsa_p256"
    assert client.event("ended")["renegotiations"] == 1


@pytest.mark.role("client")
def test_refused_renegotiation_of_client(programs, pki, machine):
    """TLS 1.2: a client that renegotiates without leave is refused with no_renegotiation, and the connection ends."""
    server = sotto.start_server(programs, [pki.server("rsa")], "--ciphersuites", ECDHE, actions=ANSWERS)
    order = machine.order("connect", port=server.port, suite=ECDHE, roots=pki.roots, then="handshake,hear")
    assert server.event("ended")["code"] == "renegotiation_refused"
    assert "no_renegotiation" in order.failed()
