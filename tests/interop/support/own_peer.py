"""Peers that we wrote ourselves around somebody else's TLS. They all speak one language: on the command line, and in the lines
that they print. A client connects twice, says a line and hears one; a server hears a line and says it again."""

import re

from . import sotto
from .processes import PATIENCE
from .talk import ACTIONS, LINE

SPOKEN = "a line from the peer"
ANSWERS = (f"receive:{len(SPOKEN) + 1}", f"say:{LINE}", "close", "drain")


def flags(**options):
    """{cert=...} as --cert ...; what is None is left out."""
    return [word for name, value in options.items() if value is not None for word in (f"--{name}", value)]


def facts(program, index):
    """What the program says of a connection: version, suite, whether it was resumed, and the rest of the line."""
    lines = program.wait_until(
        lambda: len(found := re.findall(r"^connected (TLS 1\.\d) (\S+) resumed=(true|false)(.*)$", program.text, re.M)) > index
        and found,
        "its account of the connection",
    )
    return lines[index]


def check(program, events, suite, version, resumes=True):
    """Compares what both sides say of two connections."""
    for index, event in enumerate(events):
        resumed = bool(index) and resumes
        assert (event["version"], event["suite"], event["resumed"]) == (f"TLS {version}", suite, resumed)
        assert facts(program, index)[:3] == (f"TLS {version}", suite, str(resumed).lower())
    assert len(events) == 2


def serve(programs, command, credential, suite, *arguments, roots, **options):
    """Lets the peer connect twice to a sotto server that takes one suite; returns the peer, and what sotto said of it."""
    common = ("--ciphersuites", suite, "--connections", 2)
    server = sotto.start_server(programs, [credential], *common, *arguments, actions=ANSWERS)
    client = programs.start([*command, *flags(role="client", port=server.port, roots=roots, suite=suite, **options)])
    for index in range(2):
        assert server.closed_well(index)["received"] == len(SPOKEN) + 1
    assert client.wait(PATIENCE) == 0, client.text
    assert client.text.count(f"heard [{LINE}]") == 2, client.text
    return client, server.events("connected")


def connect(programs, command, credential, suite, *arguments, roots, **options):
    """Lets a sotto client that offers one suite connect twice to the peer; returns the peer, and what sotto said of it."""
    own = flags(role="server", cert=credential.chain, key=credential.key, suite=suite, **options)
    server = programs.start([*command, *own])
    port = server.wait_for(r"listening on port (\d+)").group(1)
    common = ("--ciphersuites", suite, "--connections", 2)
    client = sotto.start_client(programs, port, roots, *common, *arguments, actions=ACTIONS)
    for index in range(2):
        assert client.closed_well(index)["received"] == len(LINE) + 1
    server.wait_until(lambda: server.text.count(f"heard [{LINE}]") == 2, "both lines")
    return server, client.events("connected")
