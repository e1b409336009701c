"""The programs of Botan 2 as peers: TLS 1.2 only, no client certificates."""

import re

from . import suites
from .processes import Program, free_port, output_of, wait_for_port

NAME = "Botan"
BY_LINE = ("stdbuf", "--output=L")  # what it says is wanted at once

POLICY = """allow_tls12 = true
allow_tls11 = false
allow_tls10 = false
ciphers = {ciphers}
macs = {macs}
signature_hashes = SHA-512 SHA-384 SHA-256
key_exchange_methods = {exchanges}
signature_methods = RSA ECDSA IMPLICIT
key_exchange_groups = {groups}
negotiate_encrypt_then_mac = {encrypt_then_mac}
minimum_dh_group_size = 2048
minimum_ecdh_group_size = 255
minimum_rsa_bits = 2048
minimum_signature_strength = 110
"""

CIPHERS = {
    "AES_128_GCM_SHA256": "AES-128/GCM",
    "AES_256_GCM_SHA384": "AES-256/GCM",
    "AES_128_CCM": "AES-128/CCM",
    "AES_256_CCM": "AES-256/CCM",
    "AES_128_CCM_8": "AES-128/CCM(8)",
    "AES_256_CCM_8": "AES-256/CCM(8)",
    "CHACHA20_POLY1305_SHA256": "ChaCha20Poly1305",
    "AES_128_CBC_SHA": "AES-128",
    "AES_256_CBC_SHA": "AES-256",
    "AES_128_CBC_SHA256": "AES-128",
    "AES_256_CBC_SHA256": "AES-256",
    "AES_256_CBC_SHA384": "AES-256",
}
MACS = {"SHA": "SHA-1", "SHA256": "SHA-256", "SHA384": "SHA-384"}
EXCHANGES = {"RSA": "RSA", "DHE": "DH", "ECDHE": "ECDH"}
GROUPS = ("x25519", "secp256r1", "secp384r1", "secp521r1")
SUITES12 = suites.SUITES12


def version():
    return output_of("botan", "version").strip()


def write_policy(directory, suite, groups=GROUPS, encrypt_then_mac=True):
    """Writes a policy that allows one suite, and returns the flag that names it."""
    cipher = suite.split("_WITH_")[1]
    file = directory / "policy"
    file.write_text(
        POLICY.format(
            ciphers=CIPHERS[cipher],
            macs=MACS[cipher.rsplit("_", 1)[1]] if "CBC" in cipher else "AEAD",
            exchanges=EXCHANGES[suites.key_exchange(suite)],
            groups=" ".join((*groups, "ffdhe/ietf/2048")),
            encrypt_then_mac=str(encrypt_then_mac).lower(),
        )
    )
    return f"--policy={file}"


class Party(Program):
    def suites(self):
        """What the program says that it agreed on, for each connection."""
        return [f"TLS_{name}" for name in re.findall(r"Handshake complete, TLS v1\.2 using (\S+)", self.text)]


def start_client(programs, port, authorities, *arguments):
    """Starts a client that trusts the certificates in the folder `authorities`."""
    trust = (f"--trusted-cas={authorities}", "--skip-system-cert-store")
    return programs.start([*BY_LINE, "botan", "tls_client", "localhost", f"--port={port}", *trust, *arguments], kind=Party)


def start_server(programs, credential, *arguments):
    """Starts a server that echoes."""
    port = free_port()
    command = [*BY_LINE, "botan", "tls_server", credential.chain, credential.key, f"--port={port}", *arguments]
    server = programs.start(command, kind=Party)
    wait_for_port(server, port)
    server.port = port
    return server
