"""openssl s_client and s_server as peers."""

import re
from dataclasses import replace

from .processes import Program, free_port, output_of, wait_for_port
from .wishes import SUITES12, Wishes

NAME = "OpenSSL"
EXPORT_LENGTH = 32
BINARY = ("-quiet",)  # nothing but data on standard output, no commands on standard input

ALERT_OF_DISTRUST = "unknown_ca"
ALERT_OF_MISSING_CERTIFICATE12 = "handshake_failure"
# What s_server does with a client that does not renegotiate: it prints this, and ends the connection with an alert.
NO_RENEGOTIATION = "no renegotiation"
END_AFTER_NO_RENEGOTIATION = "peer_alert"
ALERT_OF_TLS12_SERVER = "protocol_version"


def name_of_suite12(suite):
    """A suite of TLS 1.2 as OpenSSL writes it: "ECDHE-RSA-AES128-GCM-SHA256"."""
    words = suite.removeprefix("TLS_").replace("_WITH_", "_").replace("AES_", "AES").replace("_", "-")
    return words.removesuffix("-SHA256") if "CHACHA20" in words else words


# OpenSSL's names of all suites of TLS 1.2, by the RFCs'.
NAMES12 = {name: short for name, short in re.findall(r"^(TLS_\S+) +- (\S+)", output_of(
    "openssl", "ciphers", "-stdname", "-tls1_2", "ALL"), re.MULTILINE)}

SUITE12_OF_NAME = {name_of_suite12(suite): suite for suite in SUITES12}

# s_client and s_server know the NIST groups by their short names.
GROUP_NAMES = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def only(suite):
    """The wishes for one suite of TLS 1.2, a classic one perhaps."""
    return {"extra": ("-cipher", NAMES12[suite])}


def version():
    return output_of("openssl", "version").split()[1]


def common_arguments(wishes):
    arguments = ["-tls" + wishes.version.removesuffix(".0").replace(".", "_")]
    if wishes.suites and wishes.version == "1.3":
        arguments += ["-ciphersuites", ":".join(wishes.suites)]
    if wishes.suites and wishes.version == "1.2":
        arguments += ["-cipher", ":".join(map(name_of_suite12, wishes.suites))]
    if wishes.groups:
        arguments += ["-groups", ":".join(GROUP_NAMES[group] for group in wishes.groups)]
    if wishes.alpn:
        arguments += ["-alpn", ",".join(wishes.alpn)]
    if wishes.export_label:
        arguments += ["-keymatexport", wishes.export_label, "-keymatexportlen", EXPORT_LENGTH]
    if wishes.key_log:
        arguments += ["-keylogfile", wishes.key_log]
    if wishes.roots:
        arguments += ["-CAfile", wishes.roots, "-verify_return_error"]
    if wishes.credential:
        arguments += ["-cert", wishes.credential.certificate, "-key", wishes.credential.key]
        if wishes.credential.issuer:
            arguments += ["-cert_chain", wishes.credential.issuer]
    return [*arguments, *wishes.extra]


class Party(Program):
    """What both programs have in common: lines of standard input are sent, what comes is printed."""

    def say(self, text):
        self.write(text + "\n")

    def saw(self, text):
        self.wait_for(rf"{re.escape(text)}$")

    def update_keys(self, which):
        """Sends a KeyUpdate; `which` is "ours" or "both"."""
        # The command must come in a read of its own, so what was said before must have gone out.
        self.write("K\n" if which == "both" else "k\n")
        self.wait_for("KEYUPDATE|SSL_do_handshake -> 1")

    def _suite(self, pattern):
        name = self.wait_for(pattern).group(1)
        return SUITE12_OF_NAME.get(name, name)

    def classic_suite(self):
        name = self.wait_for(r"(?:Cipher is|CIPHER is) (\S+)").group(1)
        return next(suite for suite, short in NAMES12.items() if short == name)

    def exported(self):
        return self.wait_for(r"Keying material: ([0-9A-F]+)").group(1)

    def alpn(self):
        return self.wait_for(r"ALPN protocols?(?: selected)?: (\S+)").group(1)

    def noticed_truncation(self):
        self.wait_for("unexpected eof while reading")

    def got_alert(self, name):
        words = name.replace("_", " ")
        self.wait_for(rf"alert {words}|{words}:.*SSL alert number")


class Client(Party):
    def shook_hands(self):
        self.wait_for(r"Verify return code: 0 \(ok\)")

    def suite(self):
        return self._suite(r"Cipher is (\S+)")

    def renegotiate(self):
        """Asks for a handshake on the open connection."""
        self.write("R\n")

    def quit(self):
        """Says close_notify and ends."""
        self.write("Q\n")
        assert self.wait() == 0, self.text

    def resumed(self):
        return self.wait_for(r"^(New|Reused), (?:TLSv1\.[0-3]|SSLv3), ").group(1) == "Reused"


class Server(Party):
    port = 0

    def shook_hands(self):
        self.wait_for(r"^CIPHER is ")

    def ask_to_renegotiate(self):
        """Sends a HelloRequest."""
        self.write("r\n")

    def suite(self):
        return self._suite(r"^CIPHER is (\S+)")

    def answer(self, text):
        """Waits for `text` and sends it back."""
        self.saw(text)
        self.say(text)


def start_client(programs, port, wishes=Wishes()):
    arguments = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", wishes.server_name]
    return programs.start([*arguments, *common_arguments(wishes)], kind=Client)


def start_server(programs, wishes=Wishes()):
    # A quiet server does not say which port it took.
    quiet = "-quiet" in wishes.extra
    port = free_port() if quiet else 0
    arguments = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", *common_arguments(wishes)]
    if wishes.require_client_certificate:
        arguments += ["-Verify", 3]
    server = programs.start(arguments, kind=Server)
    if quiet:
        wait_for_port(server, port)
    server.port = port or int(server.wait_for(r"^ACCEPT .*:(\d+)").group(1))
    return server


def send_back(server, data):
    """Waits for `data` and a newline, and sends both back."""
    server.wait_until(lambda: data in server.stdout, "all the data")
    server.write(data + b"\n")


def leave_with_ticket(programs, port, session, wishes=Wishes()):
    """Connects, waits for a ticket, keeps it in the file `session`, and leaves."""
    client = start_client(programs, port, replace(wishes, extra=(*wishes.extra, "-sess_out", session)))
    client.wait_until(lambda: session.exists() and "END SSL SESSION" in session.read_text(), "a ticket")
    client.quit()


def resume(programs, port, directory, wishes=Wishes()):
    """Connects, leaves, and connects again with the ticket; returns the second client."""
    leave_with_ticket(programs, port, directory / "session.pem", wishes)
    return resume_again(programs, port, directory, wishes)


def resume_again(programs, port, directory, wishes=Wishes()):
    """Connects with the session that was left in `directory`, and leaves the new one there."""
    session = directory / "session.pem"
    both = ("-sess_in", session, "-sess_out", session)
    return start_client(programs, port, replace(wishes, extra=(*wishes.extra, *both)))
