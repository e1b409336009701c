"""Our side of the conversations: sotto_peer, and the program sotto itself."""

import json
import os
from pathlib import Path

from .processes import PATIENCE, Program

ROOT = Path(__file__).resolve().parents[3]
SOTTO = Path(os.environ.get("SOTTO", ROOT / "build/release/bin/sotto"))
SOTTO_PEER = Path(os.environ.get("SOTTO_PEER", ROOT / "build/release/bin/sotto_peer"))


class SottoPeer(Program):
    """A running sotto_peer. It reports in lines of JSON: "listening", and per connection "connected", "done" and "ended"."""

    def events(self, name):
        lines = self.stdout.decode().split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def event(self, name, index=0, patience=PATIENCE):
        """Waits for the event of that name and number and returns it."""
        return self.wait_until(lambda: self.events(name)[index : index + 1], f'"{name}" no. {index}', patience)[0]

    @property
    def port(self):
        return self.event("listening")["port"]

    def done(self, action):
        """Waits until an action is done."""
        self.wait_until(lambda: any(event["action"] == action for event in self.events("done")), f"{action} done")

    def closed_well(self, index=0):
        """Waits for the end of a connection, which must be an orderly one, and returns what was reported."""
        ended = self.event("ended", index)
        assert ended["how"] == "closed", self.text
        return ended


def credential_arguments(*credentials):
    return [argument for one in credentials for argument in ("--cert", one.chain, "--key", one.key)]


def then(*actions):
    return [argument for action in actions for argument in ("--then", action)]


def start_server(programs, credentials, *arguments, actions=()):
    """Starts sotto_peer as a server and returns it once it listens."""
    command = [SOTTO_PEER, "server", "127.0.0.1:0", *credential_arguments(*credentials), *arguments, *then(*actions)]
    server = programs.start(command, kind=SottoPeer)
    server.event("listening")
    return server


def start_client(programs, port, roots, *arguments, name="server.test", actions=()):
    """Starts sotto_peer as a client of the server at `port`."""
    target = ["client", f"127.0.0.1:{port}", "--servername", name, "--roots", roots]
    return programs.start([SOTTO_PEER, *target, *arguments, *then(*actions)], kind=SottoPeer)


def start_proxy(programs, source, target, *arguments, environment=None):
    """Starts `sotto proxy` from `source`, a URL with port 0, to `target`; its attribute `port` says where it listens."""
    proxy = programs.start([SOTTO, "proxy", source, target, *arguments], environment=environment)
    proxy.port = int(proxy.wait_for(r"listening on \w+://127\.0\.0\.1:(\d+)").group(1))
    return proxy
