"""The table of docs/interop.md: what a run has shown, one row per peer, role and thing exercised.

A module of tests names the peer in `PEER` (unless its tests have the `peer` fixture); the mark `role` says which part the
peer plays. The first line of a test's docstring says what it exercises.
"""

INTRODUCTION = """# Real peers

libsotto is tried against TLS programs that we did not write. `./test` runs all of this on Debian 12 and skips none of it;
this page is written by `pytest-3 tests/interop --update-docs`, so it says what one run has shown.

The peers are Debian's packages openssl, gnutls-bin, curl, nginx, openjdk-17-jdk-headless, nodejs and chromium (with
libnss3-tools, to make the browser trust an authority). "Role" is the peer's: a client connects to sotto, a server is connected to by sotto.
OpenSSL and GnuTLS talk to `sotto_peer` (tests/interop/peer), which is libsotto's public API with every knob in reach, and
to `sotto connect` where that is said; the others talk to `sotto proxy`, as a user would set it up. "sotto answers late"
means that the program, not the library, chose the certificate, signed and verified, between two calls of `receive`.

Where the peers differ: GnuTLS's client says `bad_certificate` where OpenSSL's says `unknown_ca`, and GnuTLS's server without
TLS 1.3 says `handshake_failure` where OpenSSL's says `protocol_version`; sotto repeats what it was told. In TLS 1.2 a server
that misses a client certificate says `handshake_failure` (OpenSSL) or `decode_error` (GnuTLS). Both servers end the connection
when a client answers their HelloRequest with the warning `no_renegotiation`; sotto would go on.

Rows that begin with "TLS 1.2" are about that version, and so is "1.2" among what was exercised; the others are TLS 1.3.

| Peer | Version | Role | What was exercised | With | Result |
| --- | --- | --- | --- | --- | --- |
"""

_rows = {}


def note(item, result):
    """Remembers how one test went."""
    if result.when != "call" and result.passed:
        return
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    peer = parameters.get("peer") or getattr(item.module, "PEER", None)
    if peer is None:
        return
    what = (item.function.__doc__ or item.name).strip().splitlines()[0].rstrip(".")
    row = _rows.setdefault((peer, item.get_closest_marker("role").args[0], what), {})
    name = item.callspec.id.removeprefix(peer.NAME).lstrip("-") if hasattr(item, "callspec") else ""
    row[name] = result.outcome


def write(file):
    """Writes the page."""
    versions = {peer: peer.version() for peer, _, _ in _rows}
    lines = []
    for (peer, role, what), outcomes in sorted(_rows.items(), key=lambda row: (row[0][0].NAME, row[0][1])):
        passed = sum(outcome == "passed" for outcome in outcomes.values())
        result = "passed" if passed == len(outcomes) else f"{passed} of {len(outcomes)} passed"
        with_what = ", ".join(name for name in outcomes if name)
        lines.append(f"| {peer.NAME} | {versions[peer]} | {role} | {what} | {with_what} | {result} |")
    file.write_text(INTRODUCTION + "\n".join(lines) + "\n")
