"""TLS 1.3: early data with GnuTLS's programs."""

import pytest

from support import gnutls, sotto
from support.talk import ACTIONS
from support.wishes import Wishes

PEER = gnutls
EARLY = "said before the handshake was done"


@pytest.mark.role("client")
def test_early_data_from_client(programs, pki, tmp_path):
    """Early data, accepted."""
    early = tmp_path / "early"
    early.write_text(EARLY)
    server = sotto.start_server(
        programs, [pki.server()], "--connections", 2, "--early-data", actions=("say:welcome", "echo")
    )
    wishes = Wishes(roots=pki.roots, extra=("--earlydata", early))
    client = gnutls.resume(programs, server.port, tmp_path, wishes)
    connected = server.event("connected", 1)
    assert (connected["early_data"], connected["early_received"]) == ("accepted", EARLY)
    client.say("after the handshake")
    client.saw("after the handshake")
    client.quit()


@pytest.mark.role("server")
def test_early_data_to_server(programs, pki):
    """Early data, accepted."""
    wishes = Wishes(credential=pki.server(), extra=("--earlydata", "--maxearlydata", 4096))
    server = gnutls.start_server(programs, wishes)
    demands = ("--connections", 2, "--early-data", "--early-say", EARLY + "\n")
    client = sotto.start_client(programs, server.port, pki.roots, *demands, actions=("ticket:1", *ACTIONS))
    assert client.event("connected")["early_data"] == "no_session_offered"
    client.event("ended")
    assert client.event("connected", 1)["early_data"] == "accepted"
