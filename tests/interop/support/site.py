"""A plain HTTP/1.1 site in this process, to stand behind a gateway."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HELLO = b"hello from the backend\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(self.server.payload if self.path == "/payload" else HELLO)

    def do_PUT(self):
        """Answers with the SHA-256 of what was uploaded."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(hashlib.sha256(body).hexdigest().encode())

    def _answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: the tests look at what the peers print."""


class Site:
    """Serves "/", "/payload", and uploads, until stopped."""

    def __init__(self, payload):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.payload = payload
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
