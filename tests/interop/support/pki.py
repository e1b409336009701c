"""The certificates of the tests, made anew for each run by the openssl command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

SERVER = "server.test"
OTHER_SERVER = "other.test"

# Kinds of keys: what openssl genpkey needs, and the signature scheme such a key proves itself with.
KEY_KINDS = {
    "ecdsa_p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa_secp256r1_sha256"),
    "ecdsa_p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ecdsa_secp384r1_sha384"),
    "ecdsa_p521": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ecdsa_secp521r1_sha512"),
    "ed25519": (["-algorithm", "ED25519"], "ed25519"),
    "rsa": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa_pss_rsae_sha256"),
    "rsa_pss": (
        ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256"]
        + ["-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32"],
        "rsa_pss_pss_sha256",
    ),
}


@dataclass(frozen=True)
class Credential:
    """A certificate with its key. `issuer` is set where an intermediate stands between it and the root."""

    certificate: Path
    key: Path
    name: str
    issuer: Path | None = None

    @property
    def chain(self):
        """A file with the whole chain, the end entity first."""
        if self.issuer is None:
            return self.certificate
        return self.certificate.with_suffix(".chain.pem")


class Pki:
    """Two roots, one ECDSA and one RSA, and what they issued. `roots` holds both."""

    def __init__(self, directory):
        self.directory = directory
        self._issued = {}
        ecdsa = self._make_root("ecdsa_root", "ecdsa_p256")
        rsa = self._make_root("rsa_root", "rsa")
        self.roots = directory / "roots.pem"
        self.roots.write_text(ecdsa.certificate.read_text() + rsa.certificate.read_text())
        self.ecdsa_root, self.rsa_root = ecdsa, rsa
        self.foreign_root = self._make_root("foreign_root", "ecdsa_p256")
        self.intermediate = self._issue("intermediate", "ecdsa_p256", ecdsa, self._authority_extensions(0))

    def server(self, kind="ecdsa_p256", name=SERVER, root=None):
        """The credential of a server. RSA keys hang under the RSA root, signed with PKCS#1."""
        issuer = root or (self.rsa_root if kind.startswith("rsa") else self.ecdsa_root)
        extensions = f"extendedKeyUsage=serverAuth\nsubjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1\n"
        return self._once(f"{name}-{kind}-{issuer.name}", kind, issuer, extensions, name)

    def client(self, kind="ecdsa_p256", root=None):
        issuer = root or (self.rsa_root if kind.startswith("rsa") else self.ecdsa_root)
        return self._once(f"client-{kind}-{issuer.name}", kind, issuer, "extendedKeyUsage=clientAuth\n", f"client {kind}")

    def chained_server(self):
        """A server whose certificate was issued by an intermediate."""
        leaf = self._once("chained", "ecdsa_p256", self.intermediate, f"subjectAltName=DNS:{SERVER}\n", SERVER)
        credential = Credential(leaf.certificate, leaf.key, leaf.name, self.intermediate.certificate)
        credential.chain.write_text(leaf.certificate.read_text() + self.intermediate.certificate.read_text())
        return credential

    def _once(self, file, kind, issuer, extensions, name):
        if file not in self._issued:
            self._issued[file] = self._issue(file, kind, issuer, extensions + self._leaf_extensions(kind), name)
        return self._issued[file]

    @staticmethod
    def _authority_extensions(path_length):
        return (
            f"basicConstraints=critical,CA:TRUE,pathlen:{path_length}\nkeyUsage=critical,keyCertSign,cRLSign\n"
            "subjectKeyIdentifier=hash\n"
        )

    @staticmethod
    def _leaf_extensions(kind):
        # RFC 5246, 7.4.2: RSA key exchange takes keyEncipherment.
        usage = "digitalSignature,keyEncipherment" if kind == "rsa" else "digitalSignature"
        return (
            f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{usage}\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )

    def _make_key(self, file, kind):
        key = self.directory / f"{file}.key"
        self._openssl("genpkey", *KEY_KINDS[kind][0], "-out", key)
        return key

    def _make_root(self, file, kind):
        key = self._make_key(file, kind)
        certificate = self.directory / f"{file}.pem"
        config = self.directory / f"{file}.cnf"
        config.write_text(
            "[req]\ndistinguished_name=name\nprompt=no\nx509_extensions=authority\n"
            f"[name]\nCN={file}\n[authority]\n{self._authority_extensions(1)}"
        )
        self._openssl("req", "-x509", "-key", key, "-days", 30, "-config", config, "-out", certificate)
        return Credential(certificate, key, file)

    def _issue(self, file, kind, issuer, extensions, name=None):
        key = self._make_key(file, kind)
        certificate = self.directory / f"{file}.pem"
        request, extension_file = self.directory / f"{file}.csr", self.directory / f"{file}.ext"
        extension_file.write_text(extensions)
        self._openssl("req", "-new", "-key", key, "-subj", f"/CN={name or file}", "-out", request)
        signer = ("-CA", issuer.certificate, "-CAkey", issuer.key)
        self._openssl("x509", "-req", "-in", request, *signer, "-days", 20, "-extfile", extension_file, "-out", certificate)
        return Credential(certificate, key, name or file)

    @staticmethod
    def _openssl(*arguments):
        command = ["openssl", *(str(argument) for argument in arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
