"""Runs a server of the examples and a client against it, over loopback.

Usage: run_pair.py BIN_FOLDER SERVER CLIENT EXPECTED_TEXT

The client must print the text and succeed, and must refuse the server once it no longer trusts its authority.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 60


def issue(bin_folder, folder):
    subprocess.run([bin_folder / "dev_certificates", folder, "localhost"], check=True, timeout=TIMEOUT)
    return folder / "ca.pem"


def run_client(program, port, roots):
    environment = {**os.environ, "SSL_CERT_FILE": str(roots)}
    return subprocess.run(
        [program, "localhost", port], env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def main(bin_folder, server, client, expected):
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as foreign:
        roots = issue(bin_folder, Path(ours))
        foreign_roots = issue(bin_folder, Path(foreign))
        command = [bin_folder / server, Path(ours) / "chain.pem", Path(ours) / "key.pem", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listening:
            try:
                port = listening.stdout.readline().split()[-1]
                for _ in range(2):  # the second is a connection of its own, not the rest of the first
                    talk = run_client(bin_folder / client, port, roots)
                    assert talk.returncode == 0, talk.stderr
                    assert expected in talk.stdout, talk.stdout
                refusal = run_client(bin_folder / client, port, foreign_roots)
                assert refusal.returncode == 1, refusal
                assert "was not issued by an authority that is trusted" in refusal.stderr, refusal.stderr
                assert refusal.stdout == "", "nothing may come from a server that was not authenticated"
                assert listening.poll() is None, "the server ended by itself"
            finally:
                listening.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
