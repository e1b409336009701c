"""Peers that we wrote ourselves around somebody else's TLS. They all speak one language: on the command line, and in the lines
that they print. A client connects twice, says something and hears the answer; a server says again what it hears. Both go on
until the other side has said close_notify, and say it themselves."""

import re
from dataclasses import dataclass, field

from . import sotto
from .processes import PATIENCE
from .suites import CODES, key_kind
from .talk import ACTIONS, LINE

SPOKEN = "a line from the peer"
ANSWERS = (f"receive:{len(SPOKEN) + 1}", f"say:{LINE}", "close", "drain")
NAMES_OF_CODES = {f"0x{code}": name for name, code in CODES.items()}


@dataclass(eq=False)
class OwnPeer:
    """What one of them is called and what its TLS can do; support/own_tests.py asks for it."""

    NAME: str
    version: object  # a function that returns it
    suites: tuple
    groups: tuple = ()
    retried: tuple = ()  # groups that its client sends no key share for
    kinds: tuple = ()  # keys of client certificates
    asked: tuple = ()  # those that its server takes, where these are others
    certified: tuple = ()  # suites that are tried with client certificates
    samples: tuple = ()  # suites that stand for all
    shared: tuple = ()  # suites that are tried with each group
    fragments: tuple = (512, 4096)  # what it knows of max_fragment_length
    alerts: dict = field(default_factory=dict)  # what its client says of what it refuses
    unsignalled: bool = False  # its client does not signal secure renegotiation
    by_number: bool = False  # it knows the suites by their code points

    @property
    def taken(self):
        """The keys of client certificates that its server takes."""
        return self.asked or self.kinds

    @property
    def classic(self):
        """The samples of TLS 1.2."""
        return tuple(suite for suite in self.samples if "_WITH_" in suite)

    def words(self, **options):
        """{cert=...} as --cert ...; what is None is left out, and what is True has no value."""
        if self.by_number:
            options["suite"] = CODES[options["suite"]]
        return [
            word
            for name, value in options.items()
            if value is not None
            for word in ((f"--{name}",) if value is True else (f"--{name}", value))
        ]


def version_of(suite):
    return "1.2" if "_WITH_" in suite else "1.3"


def facts(program, index):
    """What the program says of a connection: version, suite, whether it was resumed, whether it has a certificate of the other
    side, and the application protocol."""
    pattern = r"^connected TLS (1\.\d) (\S+) resumed=(true|false) certificates=(\d+) alpn=(.*)$"
    lines = program.wait_until(
        lambda: len(found := re.findall(pattern, program.text, re.M)) > index and found,
        "its account of the connection",
    )
    version, suite, resumed, certificates, protocol = lines[index]
    return version, NAMES_OF_CODES.get(suite, suite), resumed == "true", certificates != "0", protocol


def check(program, events, suite, resumes=True):
    """Compares what both sides say of two connections. `resumes`: whether the second must be a resumption; None leaves it to the
    peer, but both sides must say the same."""
    for index, event in enumerate(events):
        resumed = event["resumed"] if resumes is None else bool(index) and resumes
        assert (event["version"], event["suite"], event["resumed"]) == (f"TLS {version_of(suite)}", suite, resumed)
        assert facts(program, index)[:3] == (version_of(suite), suite, resumed)
    assert len(events) == 2


@dataclass
class Meetings:
    """Lets one of these peers and sotto meet, in either role."""

    peer: OwnPeer
    command: list
    programs: object
    pki: object
    ours: object = None  # the sotto_peer of the last meeting that went well

    def _start(self, role, suite, **options):
        common = {"role": role, "suite": suite, "version": version_of(suite), **options}
        return self.programs.start([*self.command, *self.peer.words(**common)])

    def serve(self, suite, *arguments, kind=None, actions=ANSWERS, connections=2, well=True, **options):
        """Lets the peer connect to a sotto server that takes one suite; returns the peer and what sotto said of each connection
        that was agreed on. `well`: whether all must go well."""
        credential = self.pki.server(kind or key_kind(suite))
        common = ["--ciphersuites", suite, "--connections", connections]
        common += ["--unsignalled"] if self.peer.unsignalled else []
        server = sotto.start_server(self.programs, [credential], *common, *arguments, actions=actions)
        options = {"connections": connections, "port": server.port, "roots": self.pki.roots, **options}
        client = self._start("client", suite, **options)
        if not well:
            assert client.wait(PATIENCE) == 1 and "failed: " in client.text, client.text
            return client, server.event("ended")
        return self._all_went_well(client, server, connections, talked=actions == ANSWERS)

    def connect(self, suite, *arguments, kind=None, actions=ACTIONS, connections=2, well=True, name="server.test", **options):
        """Lets a sotto client that offers one suite connect to the peer; returns the same."""
        own = self.pki.server(kind or key_kind(suite))
        server = self._start("server", suite, cert=own.chain, key=own.key, connections=connections, **options)
        port = server.wait_for(r"listening on port (\d+)").group(1)
        common = ("--ciphersuites", suite, "--connections", connections)
        client = sotto.start_client(self.programs, port, self.pki.roots, *common, *arguments, name=name, actions=actions)
        if not well:
            return server, client.event("ended")
        return self._all_went_well(server, client, connections, talked=actions == ACTIONS)

    def _all_went_well(self, peer, ours, connections, talked):
        """Waits for the end of all connections. `talked`: whether sotto said what it usually does, so that the peer heard it."""
        for index in range(connections):
            ours.closed_well(index)
        assert peer.wait(PATIENCE) == 0, peer.text
        if talked:
            assert peer.text.count(f"heard [{LINE}]") == connections, peer.text
        self.ours = ours
        return peer, ours.events("connected")
