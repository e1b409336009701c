"""The table of what works for which server, and the commands, in docs/guide/starttls.md."""

import pathlib

from daemons import endpoint_scheme

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/guide/starttls.md"
BEGIN = "<!-- Written by `python3 -m pytest tests/servers --update-docs`. -->\n"
END = "<!-- End of what is written. -->\n"

#: What a column means.
COLUMNS = [
    (("tls", "starttls"), "clients on implicit TLS, server with STARTTLS"),
    (("tls", "plain"), "clients on implicit TLS, plain server"),
    (("starttls", "plain"), "clients with STARTTLS, plain server"),
    (("starttls", "starttls"), "STARTTLS on both sides"),
    (("plain", "starttls"), "plain clients, server with STARTTLS"),
    (("starttls", "tls"), "clients with STARTTLS, server on implicit TLS"),
    (("direct", "starttls"), "`sotto connect`"),
]

_seen = set()


def keep(ways):
    _seen.update(ways)


def rows(seen):
    servers = sorted({(scheme, software) for software, scheme, _, _ in seen})
    for scheme, software in servers:
        marks = ["yes" if (software, scheme, *way) in seen else "" for way, _ in COLUMNS]
        yield f"| `{scheme}` | {software} | " + " | ".join(marks) + " |"


#: For names that know no port.
PORTS = {"lmtps": 24, "sieves": 4190}


def endpoint(protocol, way, host):
    scheme = endpoint_scheme(protocol, way)
    return f"{scheme}://{host}" + (f":{PORTS[scheme]}" if scheme in PORTS else "")


def command(protocol, client_way, server_way):
    """What a test has run, with hosts for people and the registered ports."""
    server = endpoint(protocol, server_way, "server.example")
    if client_way == "direct":
        return f"sotto connect {server}"
    certificate = "" if client_way == "plain" else " --cert cert.pem --key key.pem"
    return f"sotto proxy {endpoint(protocol, client_way, 'localhost')} {server}{certificate}"


def commands(seen):
    for protocol in sorted({scheme for _, scheme, _, _ in seen}):
        servers = sorted({software for software, scheme, _, _ in seen if scheme == protocol})
        yield f"# {protocol}: {', '.join(servers)}"
        for way, _ in COLUMNS:
            if any((software, protocol, *way) in seen for software in servers):
                yield command(protocol, *way)


def text(seen):
    lines = ["| protocol | server | " + " | ".join(str(i + 1) for i in range(len(COLUMNS))) + " |",
             "|---|---|" + "---|" * len(COLUMNS), *rows(seen), ""]
    lines += [f"{i + 1}. {meaning}" for i, (_, meaning) in enumerate(COLUMNS)]
    lines += ["", "The commands, in this order; `--roots FILE` where the server's certificate is from an authority of your own:", "",
              "```", *commands(seen), "```"]
    return "\n".join(lines) + "\n"


def write():
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + BEGIN + text(_seen) + END + rest.split(END)[1])
