"""gnutls-cli and gnutls-serv as peers."""

import re
from dataclasses import replace

from .processes import Program, free_port, output_of
from .suites import SUITES12 as ALL_SUITES12
from .wishes import SUITES12, Wishes

NAME = "GnuTLS"
EXPORT_LENGTH = 32
BINARY = ()

CIPHERS = {
    "TLS_AES_128_GCM_SHA256": "AES-128-GCM",
    "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
    "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
}

# A suite of TLS 1.2: its key exchange and its cipher.
NAMES12 = {
    suite: (
        "ECDHE-RSA" if "_RSA_" in suite else "ECDHE-ECDSA",
        CIPHERS[suite.replace("ECDHE_RSA_WITH_", "").replace("ECDHE_ECDSA_WITH_", "")],
    )
    for suite in SUITES12
}

CIPHERS12 = {
    "GCM_SHA256": "GCM",
    "GCM_SHA384": "GCM",
    "CCM": "CCM",
    "CCM_8": "CCM-8",
    "CBC_SHA": "CBC",
    "CBC_SHA256": "CBC",
    "CBC_SHA384": "CBC",
}


def classic_names(suite):
    """The key exchange, the cipher and the MAC of any suite of TLS 1.2."""
    exchange, cipher = suite.removeprefix("TLS_").split("_WITH_")
    if cipher.startswith("CHACHA20"):
        return exchange.replace("_", "-"), "CHACHA20-POLY1305", "AEAD"
    _, bits, mode = cipher.split("_", 2)
    mac = {"SHA": "SHA1"}.get(mode[4:], mode[4:]) if mode.startswith("CBC") else "AEAD"
    return exchange.replace("_", "-"), f"AES-{bits}-{CIPHERS12[mode]}", mac


def only(suite):
    """The wishes for one suite of TLS 1.2, a classic one perhaps."""
    exchange, cipher, mac = classic_names(suite)
    return {"words": ("-KX-ALL", f"+{exchange}", "-CIPHER-ALL", f"+{cipher}", "-MAC-ALL", f"+{mac}")}


# gnutls-cli shows alerts with their numbers.
ALERTS = {
    "handshake_failure": 40,
    "unknown_ca": 48,
    "protocol_version": 70,
    "inappropriate_fallback": 86,
    "no_renegotiation": 100,
    "certificate_required": 116,
    "no_application_protocol": 120,
}

ALERT_OF_DISTRUST = "bad_certificate"
ALERT_OF_MISSING_CERTIFICATE12 = "decode_error"  # to gnutls-cli as well
# What gnutls-serv does with a client that does not renegotiate: it prints this, and drops the connection.
NO_RENEGOTIATION = "A TLS warning alert has been received"
END_AFTER_NO_RENEGOTIATION = "truncated"
# What a server without TLS 1.3 says to a client with nothing else: it goes by the oldest field of the hello, which every
# TLS 1.3 client sets to 1.2, and then finds no cipher suite.
ALERT_OF_TLS12_SERVER = "handshake_failure"


def version():
    return output_of("gnutls-cli", "--version").split()[1]


def priority(wishes):
    words = ["NORMAL", "-VERS-ALL", f"+VERS-TLS{wishes.version}"]
    if wishes.suites and wishes.version == "1.3":
        words += ["-CIPHER-ALL", *(f"+{CIPHERS[suite]}" for suite in wishes.suites)]
    if wishes.suites and wishes.version == "1.2":
        exchanges, ciphers = zip(*(NAMES12[suite] for suite in wishes.suites))
        words += ["-KX-ALL", *(f"+{exchange}" for exchange in exchanges)]
        words += ["-CIPHER-ALL", *(f"+{cipher}" for cipher in ciphers)]
    if wishes.groups:
        words += ["-GROUP-ALL", *(f"+GROUP-{group.upper()}" for group in wishes.groups)]
    return ":".join([*words, *wishes.words])


def common_arguments(wishes):
    arguments = ["--priority", priority(wishes)]
    for protocol in wishes.alpn:
        arguments += ["--alpn", protocol]
    if wishes.export_label:
        arguments += ["--keymatexport", wishes.export_label, "--keymatexportsize", EXPORT_LENGTH]
    if wishes.roots:
        arguments += ["--x509cafile", wishes.roots]
    if wishes.credential:
        arguments += ["--x509certfile", wishes.credential.chain, "--x509keyfile", wishes.credential.key]
    return [*arguments, *wishes.extra]


class Party(Program):
    """What both programs have in common."""

    def saw(self, text):
        self.wait_for(rf"{re.escape(text)}$")

    def suite(self):
        description = self.wait_for(r"^- Description: \((TLS1\.\d).*\)-\((\S+)-\S+\)-\(([A-Z0-9-]+)\)$")
        version, signature, cipher = description.groups()
        if version == "TLS1.2":
            exchange = "ECDHE-RSA" if signature.startswith("RSA") else "ECDHE-ECDSA"
            return next(suite for suite, names in NAMES12.items() if names == (exchange, cipher))
        return next(suite for suite, name in CIPHERS.items() if name == cipher)

    def classic_suite(self):
        """A description such as (TLS1.2)-(DHE-FFDHE2048)-(RSA-SHA256)-(AES-128-CBC)-(SHA256), as the suite it is of."""
        parts = re.findall(r"\(([^()]+)\)", self.wait_for(r"^- Description: (\(TLS1\.2.*)$").group(1))
        at = next(index for index, part in enumerate(parts) if part.startswith(("AES-", "CHACHA20-")))
        mac = parts[at + 1] if "CBC" in parts[at] else "AEAD"
        exchange = parts[1].split("-")[0]
        if exchange != "RSA":
            exchange += "-ECDSA" if parts[2].startswith("ECDSA") else "-RSA"
        return next(suite for suite in ALL_SUITES12 if classic_names(suite) == (exchange, parts[at], mac))

    def exported(self):
        return self.wait_for(r"- Key material: ([0-9a-f]+)").group(1).upper()

    def alpn(self):
        return self.wait_for(r"- Application protocol: (\S+)").group(1)


class Client(Party):
    def shook_hands(self):
        self.wait_for("- Status: The certificate is trusted")
        self.wait_for("Handshake was completed")

    def say(self, text):
        self.write(text + "\n")

    def update_keys(self, which):
        self.write("^rekey^\n" if which == "both" else "^rekey1^\n")
        self.wait_for("Rekey was completed")

    def renegotiate(self):
        """Asks for a handshake on the open connection."""
        self.write("^renegotiate^\n")

    def quit(self):
        """Says close_notify and ends."""
        self.end_input()
        assert self.wait() == 0, self.text

    def resumed(self):
        return "This is a resumed session" in self.text

    def noticed_truncation(self):
        self.wait_for("non-properly terminated")

    def got_alert(self, name):
        self.wait_for(rf"\[{ALERTS[name]}\]")


class Server(Party):
    port = 0

    def shook_hands(self):
        self.wait_for(r"^- Description: ")

    def got_alert(self, _name):
        """The program does not say which alert it was."""
        self.wait_for("A TLS fatal alert has been received")

    def ask_to_renegotiate(self):
        """Waits for the HelloRequest, which the client asked for by the line **REHANDSHAKE**."""
        self.wait_for("Sending rehandshake request")

    def answer(self, text):
        """Waits for `text`; the program sends it back by itself."""
        self.saw(text)


def start_client(programs, port, wishes=Wishes()):
    names = ["--sni-hostname", wishes.server_name, "--verify-hostname", wishes.server_name]
    arguments = ["gnutls-cli", "-p", port, "127.0.0.1", *names, "--inline-commands", *common_arguments(wishes)]
    if wishes.groups:
        arguments.append("--single-key-share")
    environment = {"SSLKEYLOGFILE": str(wishes.key_log)} if wishes.key_log else None
    return programs.start(arguments, kind=Client, environment=environment)


def start_server(programs, wishes=Wishes()):
    port = free_port()
    arguments = ["gnutls-serv", "-p", port, "--echo", "--crlf", *common_arguments(wishes)]
    arguments += ["-r", "--verify-client-cert"] if wishes.require_client_certificate else ["-a"]
    environment = {"SSLKEYLOGFILE": str(wishes.key_log)} if wishes.key_log else None
    server = programs.start(arguments, kind=Server, environment=environment)
    server.wait_for("IPv4 .*done")
    server.port = port
    return server


def resume(programs, port, _directory, wishes=Wishes()):
    """Connects, leaves, and connects again with the ticket: one run of the program does both."""
    return start_client(programs, port, replace(wishes, extra=(*wishes.extra, "--resume", "--waitresumption")))


def send_back(_server, _data):
    """The program sends everything back by itself."""
