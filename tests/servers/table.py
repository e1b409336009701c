"""The table of what works for which server, in docs/guide/starttls.md."""

import pathlib

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/guide/starttls.md"
BEGIN = "<!-- Written by `python3 -m pytest tests/servers --update-docs`. -->\n"
END = "<!-- End of what is written. -->\n"

#: What a column means, and the command for it.
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


def text(seen):
    lines = ["| protocol | server | " + " | ".join(str(i + 1) for i in range(len(COLUMNS))) + " |",
             "|---|---|" + "---|" * len(COLUMNS), *rows(seen), ""]
    lines += [f"{i + 1}. {meaning}" for i, (_, meaning) in enumerate(COLUMNS)]
    return "\n".join(lines) + "\n"


def write():
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + BEGIN + text(_seen) + END + rest.split(END)[1])
