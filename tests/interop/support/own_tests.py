"""What is asked of every peer that we wrote ourselves. A module says in `PEER` what its peer can do, takes the tests `about` what it
is up to, and has a fixture `command` with the words that start it."""

import pytest

from . import sotto
from .own_peer import ANSWERS, SPOKEN, check, facts
from .talk import ACTIONS

PROTOCOLS = "h2,http/1.1"
# What all of them are up to; the rest is asked for by name.
COMMON = ("group", "certificate", "no_certificate", "protocol", "no_protocol", "bulk", "refusal")
# For peers that keep what they may resume, and resume it whenever that is allowed.
RESUMES = True


def about(*topics):
    """The tests that all are asked and those about these topics, "suite" or "suite_of_client", for the globals of a module."""
    starts = tuple(f"test_{topic}" + ("" if "_of_" in topic else "_") for topic in (*COMMON, *topics))
    return {name: test for name, test in globals().items() if name.startswith(starts)}


def each(**lists):
    """Runs a test with each item of an attribute of the module's peer: each(suite="suites")."""

    def mark(function):
        function.each = lists
        return function

    return mark


def parametrize(metafunc):
    """Does what `each` says; for a conftest's pytest_generate_tests."""
    for argument, attribute in getattr(metafunc.function, "each", {}).items():
        metafunc.parametrize(argument, getattr(metafunc.module.PEER, attribute))


def resumes(request):
    return getattr(request.module, "RESUMES", RESUMES)


@pytest.mark.role("client")
@each(suite="suites")
def test_suite_of_client(suite, meet):
    """Each cipher suite, the only one on both sides; the second connection resumes, by ticket in TLS 1.2."""
    client, events = meet.serve(suite)
    check(client, events, suite)


@pytest.mark.role("server")
@each(suite="suites")
def test_suite_of_server(suite, meet):
    """Each cipher suite, the only one on both sides; the second connection resumes, by ticket in TLS 1.2."""
    server, events = meet.connect(suite)
    check(server, events, suite)


@pytest.mark.role("client")
@each(suite="suites")
def test_full_suite_of_client(suite, meet):
    """Each cipher suite, the only one on both sides, twice; nothing is resumed."""
    client, events = meet.serve(suite)
    check(client, events, suite, resumes=False)


@pytest.mark.role("server")
@each(suite="suites")
def test_full_suite_of_server(suite, meet):
    """Each cipher suite, the only one on both sides, twice; nothing is resumed."""
    server, events = meet.connect(suite)
    check(server, events, suite, resumes=False)


@pytest.mark.role("client")
@each(suite="classic")
def test_session_id_of_client(suite, meet):
    """TLS 1.2: resumption by session ID, by a sotto without tickets."""
    client, events = meet.serve(suite, "--tickets", 0)
    check(client, events, suite)


@pytest.mark.role("server")
@each(suite="classic")
def test_session_id_of_server(suite, meet):
    """TLS 1.2: resumption by session ID, by a server without tickets."""
    server, events = meet.connect(suite, **{"no-tickets": True})
    check(server, events, suite)


@pytest.mark.role("client")
@each(suite="shared", group="groups")
def test_group_of_client(suite, group, meet):
    """Each group, the only one the client knows."""
    _, (event,) = meet.serve(suite, connections=1, group=group)
    assert event["group"] == group


@pytest.mark.role("server")
@each(suite="shared", group="groups")
def test_group_of_server(suite, group, meet):
    """Each group, the only one on both sides."""
    _, (event,) = meet.connect(suite, "--groups", group, connections=1, group=group)
    assert event["group"] == group


@pytest.mark.role("client")
@each(group="retried")
def test_retry_of_client(group, meet, request):
    """HelloRetryRequest: sotto wants a group that the client sent no key share for, and resumption after it where the peer resumes."""
    client, events = meet.serve("TLS_AES_128_GCM_SHA256", "--groups", group)
    check(client, events, "TLS_AES_128_GCM_SHA256", resumes(request))
    assert events[0]["hello_retried"] and events[0]["group"] == group


@pytest.mark.role("server")
@pytest.mark.parametrize("group", ["secp256r1", "secp384r1"])
def test_retry_of_server(group, meet):
    """HelloRetryRequest: the server takes no group but one that sotto sent no key share for."""
    shares = ("--groups", f"x25519,{group}", "--key-shares", "x25519")
    _, (event,) = meet.connect("TLS_AES_128_GCM_SHA256", *shares, connections=1, group=group)
    assert event["hello_retried"] and event["group"] == group


@pytest.mark.role("client")
@each(suite="certified", kind="kinds")
def test_certificate_of_client(suite, kind, meet, pki, request):
    """A required client certificate, each kind of key, and resumption with it where the peer resumes."""
    own = pki.client(kind)
    demand = ("--client-auth", "required", "--roots", pki.roots)
    client, events = meet.serve(suite, *demand, cert=own.chain, key=own.key)
    check(client, events, suite, resumes(request))
    assert f"client {kind}" in events[0]["peer_subject"]


@pytest.mark.role("server")
@each(suite="certified", kind="taken")
def test_certificate_of_server(suite, kind, meet, pki, request):
    """A server that requires a client certificate, each kind of key, and resumption with it where the peer resumes."""
    own = sotto.credential_arguments(pki.client(kind))
    server, events = meet.connect(suite, *own, demand=True, roots=pki.roots)
    check(server, events, suite, resumes(request))
    assert facts(server, 0)[3]


@pytest.mark.role("server")
@each(suite="certified")
def test_no_certificate_for_server(suite, meet, pki):
    """A server that requires a client certificate ends the connection of a sotto that has none."""
    server, event = meet.connect(suite, connections=1, well=False, demand=True, roots=pki.roots)
    assert event["how"] in ("failed", "truncated") and event["received"] == 0
    assert server.wait() == 1 and "failed: " in server.text


@pytest.mark.role("client")
@each(suite="samples")
def test_protocol_of_client(suite, meet):
    """ALPN: sotto's choice among what the client offers."""
    client, (event,) = meet.serve(suite, "--alpn", "http/1.1", connections=1, alpn=PROTOCOLS)
    assert event["alpn"] == facts(client, 0)[4] == "http/1.1"


@pytest.mark.role("server")
@each(suite="samples")
def test_protocol_of_server(suite, meet):
    """ALPN: the server's choice among what sotto offers."""
    server, (event,) = meet.connect(suite, "--alpn", PROTOCOLS, connections=1, alpn="http/1.1")
    assert event["alpn"] == facts(server, 0)[4] == "http/1.1"


@pytest.mark.role("client")
@each(suite="samples")
def test_no_protocol_of_client(suite, meet):
    """ALPN: a client with no application protocol in common is refused."""
    _, event = meet.serve(suite, "--alpn", "smtp", connections=1, well=False, alpn=PROTOCOLS)
    assert event["code"] == "no_common_application_protocol"


@pytest.mark.role("client")
@each(suite="samples")
def test_bulk_of_client(suite, meet, megabyte, tmp_path):
    """One megabyte each way, compared by hash."""
    sizes = (f"receive:{megabyte.size}", f"send:{megabyte.file}", "close", "drain")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    meet.serve(suite, "--received", ours, connections=1, actions=sizes, send=megabyte.file, received=theirs)
    assert megabyte.is_in(ours) and megabyte.is_in(theirs)


@pytest.mark.role("server")
@each(suite="samples")
def test_bulk_of_server(suite, meet, megabyte, tmp_path):
    """One megabyte each way, compared by hash."""
    sizes = (f"send:{megabyte.file}", f"receive:{megabyte.size}", "close", "drain")
    meet.connect(suite, "--received", tmp_path / "ours", connections=1, actions=sizes)
    assert megabyte.is_in(tmp_path / "ours")


@pytest.mark.role("client")
@each(suite="samples")
@pytest.mark.parametrize("refused", ["name", "root"])
def test_refusal_by_client(suite, refused, meet, pki):
    """A client that wants another name, or does not trust the root, ends the handshake, and sotto repeats its alert, if it sends one."""
    options = {"name": "wrong.test"} if refused == "name" else {"roots": pki.foreign_root.certificate}
    _, event = meet.serve(suite, connections=1, well=False, **options)
    expected = {"alert": said, "code": "peer_alert"} if (said := meet.peer.alerts[refused]) else {"how": "truncated"}
    assert event | expected == event


@pytest.mark.role("server")
@each(suite="samples")
def test_refusal_of_server(suite, meet):
    """A server whose certificate is for another name is refused, and hears of it."""
    server, event = meet.connect(suite, connections=1, well=False, name="wrong.test")
    assert (event["how"], event["code"], event["received"]) == ("failed", "certificate_wrong_name", 0)
    assert server.wait() == 1 and "failed: " in server.text


@pytest.mark.role("client")
@each(suite="samples", length="fragments")
def test_fragments_of_client(suite, length, meet):
    """max_fragment_length, as the client asks for it."""
    answers = (f"receive:{len(SPOKEN) + 1}", f"say:{'x' * 9000}", "close", "drain")
    _, (event,) = meet.serve(suite, connections=1, actions=answers, fragment=length)
    assert event["sent_record_limit"] == event["received_record_limit"] == length


@pytest.mark.role("server")
@each(suite="samples", length="fragments")
def test_fragments_of_server(suite, length, meet):
    """max_fragment_length: the server does what sotto asks for."""
    long = ("say:" + "x" * 9000, "receive:9001", "close", "drain")
    _, (event,) = meet.connect(suite, "--max-fragment-length", length, connections=1, actions=long)
    assert event["sent_record_limit"] == event["received_record_limit"] == length


@pytest.mark.role("client")
def test_update_of_client(meet):
    """KeyUpdate sent by the client."""
    meet.serve(meet.peer.suites[0], connections=1, update=True)
    assert meet.ours.closed_well()["key_updates"] == 1


@pytest.mark.role("server")
def test_update_of_server(meet):
    """KeyUpdate sent by the server."""
    meet.connect(meet.peer.suites[0], connections=1, update=True)
    assert meet.ours.closed_well()["key_updates"] == 1


@pytest.mark.role("client")
def test_answered_update_of_client(meet):
    """KeyUpdate sent by sotto, for both directions, which the client answers."""
    meet.serve(meet.peer.suites[0], connections=1, actions=("update:both", *ANSWERS))
    assert meet.ours.closed_well()["key_updates"] == 1


@pytest.mark.role("server")
def test_answered_update_of_server(meet):
    """KeyUpdate sent by sotto, for both directions, which the server answers."""
    meet.connect(meet.peer.suites[0], connections=1, actions=("update:both", *ACTIONS))
    assert meet.ours.closed_well()["key_updates"] == 1


@pytest.mark.role("client")
@each(suite="samples")
def test_renegotiation_by_client(suite, meet):
    """TLS 1.2: the client renegotiates, and the conversation goes on."""
    meet.serve(suite, "--renegotiation", connections=1, renegotiate=True)
    assert meet.ours.closed_well()["renegotiations"] == 1


@pytest.mark.role("client")
@each(suite="samples")
def test_renegotiation_with_client(suite, meet):
    """TLS 1.2: sotto as the server renegotiates, and the conversation goes on."""
    meet.serve(suite, "--renegotiation", connections=1, actions=("renegotiate", "renegotiated:1", *ANSWERS))


@pytest.mark.role("server")
@each(suite="samples")
def test_renegotiation_by_server(suite, meet):
    """TLS 1.2: the server asks to renegotiate, and sotto does."""
    meet.connect(suite, "--renegotiation", connections=1, actions=("renegotiated:1", *ACTIONS), renegotiate=True)


@pytest.mark.role("server")
@each(suite="samples")
def test_renegotiation_with_server(suite, meet):
    """TLS 1.2: sotto as the client renegotiates, and the conversation goes on."""
    meet.connect(suite, "--renegotiation", connections=1, actions=("renegotiate", "renegotiated:1", *ACTIONS))
