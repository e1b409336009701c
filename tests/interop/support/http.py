"""An HTTP client in this process, for what comes out of a gateway in the plain."""

import http.client
from contextlib import contextmanager

from .processes import PATIENCE


@contextmanager
def connection(port):
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        yield opened
    finally:
        opened.close()


def get(opened, path="/"):
    """Fetches a page over a connection that stays open; returns what the server said of its TLS session, and the body."""
    opened.request("GET", path)
    response = opened.getresponse()
    body = response.read()
    assert response.status == 200, body
    return response.getheader("X-Tls", "").split(), body
