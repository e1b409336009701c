"""Key logs in the SSLKEYLOGFILE format."""

NAMES = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
}
NAMES12 = {"CLIENT_RANDOM"}


def secrets_in(file, names=NAMES):
    """The secrets of the one connection in `file`; each must be there once."""
    lines = [line.lower() for line in file.read_text().splitlines() if line.split(" ")[0] in names]
    assert len(lines) == len(names), file.read_text()
    return sorted(lines)
