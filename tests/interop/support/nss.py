"""tstclnt and selfserv, the test programs of Mozilla's NSS, as peers."""

import re

from . import suites
from .processes import Program, free_port, output_of

NAME = "NSS"
LINE = "a line from NSS"

# What NSS 3.87 knows of the suites: no CCM. These it uses only when told to.
KNOWN12 = tuple(suite for suite in suites.SUITES12 if "CCM" not in suite)
OFF_BY_DEFAULT = tuple(suite for suite in KNOWN12 if suite.endswith("CBC_SHA384"))
KNOWN13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
GROUPS = {"x25519": "x25519", "secp256r1": "P256", "secp384r1": "P384", "secp521r1": "P521"}
VERSIONS = {"3.4": "TLS 1.3", "3.3": "TLS 1.2"}


def version():
    return re.search(r"\d+\.\d+(\.\d+)?", output_of("dpkg-query", "-W", "-f", "${Version}", "libnss3-tools").split(":")[-1]).group(0)


def make_store(directory, roots=None, credential=None):
    """Makes a database with what a program trusts and with its own key, under the name "own"."""
    database = f"sql:{directory}"
    directory.mkdir()
    commands = [("certutil", "-N", "-d", database, "--empty-password")]
    if roots:
        pems = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", roots.read_text(), re.DOTALL)
        for number, pem in enumerate(pems):
            file = directory / f"root{number}.pem"
            file.write_text(pem)
            commands.append(("certutil", "-A", "-d", database, "-n", f"root{number}", "-t", "CT,,", "-i", file))
    for command in commands:
        assert output_of(*command) == "", command
    if credential:
        bundle = directory / "own.p12"
        files = ("-inkey", credential.key, "-in", credential.chain, "-out", bundle)
        assert output_of("openssl", "pkcs12", "-export", "-name", "own", *files, "-passout", "pass:") == ""
        assert "SUCCESSFUL" in output_of("pk12util", "-d", database, "-i", bundle, "-W", "")
    return database


class Party(Program):
    def facts(self, index=0):
        """What the program says of a connection: the version, the key exchange, and the cipher with its bits."""
        self.wait_until(lambda: len(self._facts()) > index, "the facts of the connection")
        return self._facts()[index]

    def _facts(self):
        # One thread of selfserv waits for the next connection while another tells about this one.
        told = re.sub(r"^(selfserv: About to call accept\.|\s*)\n", "", self.text, flags=re.MULTILINE)
        found = re.findall(r"SSL version (\S+) using (\d+)-bit (\S+) with .*\n.*Key Exchange: \d+-bit (TLS 1\.3|\S+)", told)
        return [(VERSIONS[number], exchange, int(size), cipher) for number, size, cipher, exchange in found]


def expected_facts(suite):
    """The same, from the suite's name."""
    cipher = "CHACHA20POLY1305" if "CHACHA20" in suite else "AES-GCM" if "GCM" in suite else "AES"
    if suite in KNOWN13:
        return ("TLS 1.3", "TLS 1.3", suites.bits(suite), cipher)
    return ("TLS 1.2", suites.key_exchange(suite), suites.bits(suite), cipher)


def version_flags(suite):
    return ("-V", "tls1.3:tls1.3" if suite in KNOWN13 else "tls1.2:tls1.2")


def suite_flags(suite):
    """Allows one suite only. A client that connects more than once cannot have this: it frees what it has moved past."""
    return ("-c", f":{suites.CODES[suite]}", *version_flags(suite))


def start_client(programs, port, store, request, *arguments):
    """Starts a client that says what is in the file `request` on each connection and prints what it hears."""
    command = ["tstclnt", "-h", "127.0.0.1", "-a", "server.test", "-p", port, "-d", store, "-v", "-A", request, *arguments]
    return programs.start(command, kind=Party)


def start_server(programs, store, *arguments):
    """Starts a server that answers every request with a page about its connection."""
    port = free_port()
    command = ["selfserv", "-d", store, "-n", "own", "-p", port, "-v", *arguments]
    server = programs.start(command, kind=Party)
    server.wait_for("About to call accept")
    server.port = port
    return server
