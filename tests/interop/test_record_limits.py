"""The length of records: record_size_limit with GnuTLS, which knows it, and max_fragment_length with OpenSSL."""

import pytest

from support import gnutls, openssl, sotto
from support.talk import serve, with_client
from support.wishes import Wishes

VERSIONS = ("1.3", "1.2")
# What our side takes, as record_size_limit counts it.
OURS = 600
LONG = "x" * 3000


def content(limit, version):
    """The octets of content that a record may have where the extension says `limit`."""
    return limit - 1 if version == "1.3" else limit


@pytest.mark.role("client")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", [gnutls])
def test_record_size_limit_of_client(peer, version, programs, pki):
    """record_size_limit: both sides keep to what the other takes, with the extension of the client."""
    actions = (f"say:{LONG}", "echo")
    server = sotto.start_server(programs, [pki.server()], "--record-size-limit", OURS, actions=actions)
    wishes = Wishes(roots=pki.roots, version=version, extra=("--recordsize", "1000"))
    client = peer.start_client(programs, server.port, wishes)
    connected = server.event("connected")
    assert connected["received_record_limit"] == content(OURS, version)
    assert connected["sent_record_limit"] == 1000
    client.wait_until(lambda: client.text.count("x") >= len(LONG), "all of the server's records")
    client.say("a line that comes back")
    client.saw("a line that comes back")
    client.quit()
    server.closed_well()


@pytest.mark.role("server")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", [gnutls])
def test_record_size_limit_of_server(peer, version, programs, pki):
    """record_size_limit: both sides keep to what the other takes, with the extension of the server."""
    wishes = Wishes(credential=pki.server("rsa"), version=version, extra=("--recordsize", "1000"))
    server = peer.start_server(programs, wishes)
    actions = (f"say:{LONG}", f"receive:{len(LONG) + 1}", "close", "drain")
    client = sotto.start_client(programs, server.port, pki.roots, "--record-size-limit", OURS, actions=actions)
    connected = client.event("connected")
    assert connected["received_record_limit"] == content(OURS, version)
    assert connected["sent_record_limit"] == 1000
    client.closed_well()


@pytest.mark.role("client")
@pytest.mark.parametrize("length", (512, 4096))
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", [openssl])
def test_max_fragment_length_of_client(peer, version, length, programs, pki):
    """max_fragment_length, as the client asks for it."""
    server = serve(programs, [pki.server()])
    wishes = Wishes(roots=pki.roots, version=version, extra=("-maxfraglen", str(length)))
    client = peer.start_client(programs, server.port, wishes)
    connected = with_client(client, server)
    assert connected["sent_record_limit"] == connected["received_record_limit"] == length


@pytest.mark.role("server")
@pytest.mark.parametrize("length", (512, 4096))
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", [openssl])
def test_max_fragment_length_of_server(peer, version, length, programs, pki):
    """max_fragment_length: the server does what sotto asks for, again after resumption."""
    server = peer.start_server(programs, Wishes(credential=pki.server("rsa"), version=version, extra=("-rev",)))
    arguments = ("--max-fragment-length", length, "--connections", 2)
    actions = (f"say:{LONG}", f"receive:{len(LONG) + 1}", "close", "drain")
    client = sotto.start_client(programs, server.port, pki.roots, *arguments, actions=actions)
    for index in (0, 1):
        connected = client.event("connected", index)
        assert connected["resumed"] == (index == 1)
        assert connected["sent_record_limit"] == connected["received_record_limit"] == length
        assert client.closed_well(index)["received"] == len(LONG) + 1
