"""The table of docs/interop.md: what a run has shown, one row per peer, role and thing exercised.

A module of tests names the peer in `PEER` (unless its tests have the `peer` fixture); the mark `role` says which part the
peer plays. The first line of a test's docstring says what it exercises.
"""

INTRODUCTION = """# Real peers

libsotto is tried against TLS programs and libraries that we did not write. `./test` runs all of tests/interop on Debian 12 and
skips none of it; `./test --peers` runs tests/peers, whose peers come from the registries of Go and Rust. This page is written by
`python3 -m pytest tests/interop tests/peers --update-docs`, so it says what one run has shown.

"Role" is the peer's: a client connects to sotto, a server is connected to by sotto. OpenSSL, GnuTLS, NSS and Botan come with
programs of their own, which talk to `sotto_peer` (tests/interop/peer), that is libsotto's public API with every knob in reach, and
to `sotto connect` where that is said. wolfSSL, mbedTLS, BearSSL, Erlang's ssl, Go's crypto/tls and rustls are libraries: small
programs of ours around them (tests/interop/stacks, tests/interop/erlang, tests/peers) are all asked the same things, as far as
they can do them, and speak with `sotto_peer`. The browsers, curl, nginx, Java and Node speak with `sotto proxy`, as a user
would set it up, and Java with `sotto_peer` too. "sotto answers late" means that the program, not the library, chose the
certificate, signed and verified, between two calls of `receive`.

Where the peers differ:
- GnuTLS's client says `bad_certificate` where OpenSSL's says `unknown_ca`, and GnuTLS's server without TLS 1.3 says
  `handshake_failure` where OpenSSL's says `protocol_version`; sotto repeats what it was told. In TLS 1.2 a server that misses a
  client certificate says `handshake_failure` (OpenSSL) or `decode_error` (GnuTLS).
- OpenSSL's and GnuTLS's servers end the connection when a client answers their HelloRequest with the warning
  `no_renegotiation`; sotto would go on.
- A Java server that misses a client certificate says `bad_certificate`. Java renegotiates only while somebody reads from its
  socket: what `startHandshake()` asks for on an open connection happens in the reads that follow. RSA key exchange is allowed to it
  by its security property `jdk.tls.disabledAlgorithms`.
- wolfSSL, as Debian builds it, does not signal secure renegotiation as a client of TLS 1.2, so it is served only by a policy whose
  `require_secure_renegotiation` is off. Its second ClientHello has its extensions in another order than the first.
- mbedTLS 2.28 neither sends nor takes a handshake message in several records, so it cannot keep to a `max_fragment_length` that
  is shorter than its certificates.
- BearSSL knows no extended master secret, without which sotto resumes nothing, and closes a connection that it refuses without
  an alert.
- Erlang's client says how it would resume (`psk_key_exchange_modes`) only when it has a ticket, so it gets none from sotto
  (RFC 8446, 4.2.9). Its passive sockets lose a close_notify that arrives while nobody waits in `ssl:recv`.

Rows that begin with "TLS 1.2" are about that version, and so is "1.2" among what was exercised; a cipher suite says its version.

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
    role = item.get_closest_marker("role").args[0]
    row = _rows.setdefault((peer, role, what), {})
    parts = item.callspec.id.split("-") if hasattr(item, "callspec") else []
    row["-".join(part for part in parts if part not in (peer.NAME, role))] = result.outcome


def write(file):
    """Writes the page, unless it has a peer that was not in this run."""
    versions = {peer: peer.version() for peer, _, _ in _rows}
    rows = [line.split(" | ")[0][2:] for line in file.read_text().splitlines() if line.startswith("| ") and line.endswith("passed |")]
    missing = set(rows) - {peer.NAME for peer in versions}
    assert not missing, f"{file} stays as it was: this run had no {', '.join(sorted(missing))}"
    lines = []
    for (peer, role, what), outcomes in sorted(_rows.items(), key=lambda row: (row[0][0].NAME.lower(), row[0][1])):
        passed = sum(outcome == "passed" for outcome in outcomes.values())
        result = "passed" if passed == len(outcomes) else f"{passed} of {len(outcomes)} passed"
        with_what = ", ".join(name for name in outcomes if name)
        lines.append(f"| {peer.NAME} | {versions[peer]} | {role} | {what} | {with_what} | {result} |")
    file.write_text(INTRODUCTION + "\n".join(lines) + "\n")
