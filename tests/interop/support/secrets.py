"""Key logs in the SSLKEYLOGFILE format."""

NAMES = {
    "1.3": {
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET",
    },
    "1.2": {"CLIENT_RANDOM"},
}


def secrets_in(file, version):
    """The secrets of the one connection in `file`; each of that version must be there once."""
    names = NAMES[version]
    lines = [line.lower() for line in file.read_text().splitlines() if line.split(" ")[0] in names]
    assert len(lines) == len(names), file.read_text()
    return sorted(lines)
