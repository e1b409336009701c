"""The short conversation that most tests hold once the handshake is done."""

from . import sotto

LINE = "a line from sotto"
ACTIONS = (f"say:{LINE}", f"receive:{len(LINE) + 1}", "close", "drain")


def serve(programs, credentials, *arguments):
    """A sotto server that greets and echoes."""
    return sotto.start_server(programs, credentials, *arguments, actions=("say:welcome", "echo"))


def with_client(client, server, index=0):
    """Lets a real client and a sotto server speak once and part in order; returns what sotto said of the connection."""
    client.shook_hands()
    connected = server.event("connected", index)
    client.saw("welcome")
    client.say("a line from the client")
    client.saw("a line from the client")
    client.quit()
    server.closed_well(index)
    return connected


def with_server(client, server, index=0):
    """Lets a sotto client and a real server speak once and part in order; returns what sotto said of the connection."""
    connected = client.event("connected", index)
    server.shook_hands()
    server.answer(LINE)
    ended = client.closed_well(index)
    assert ended["received"] == len(LINE) + 1
    return connected
