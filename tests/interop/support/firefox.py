"""Headless Firefox, driven over Marionette: JSON messages over TCP, each with its length before it."""

import json
import re
import socket
import time

from . import nss
from .processes import Program, output_of

NAME = "Firefox"
PATIENCE = 60.0  # a browser takes its time to start on a busy machine

# Nothing that looks for the world outside; names that end in .test are this machine's; a certificate is shown when asked for.
PREFERENCES = {
    "marionette.port": 0,
    "network.dns.localDomains": "wrong.test",
    "network.dns.disableIPv6": True,
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "security.OCSP.enabled": 0,
    "security.default_personal_cert": "Select Automatically",
    "security.cert_pinning.enforcement_level": 0,
    "services.settings.server": "data:,",
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "data:,",
    "extensions.update.enabled": False,
}
VERSIONS = {"1.3": 4, "1.2": 3}


def version():
    return re.search(r"Firefox (\S+)", output_of("firefox-esr", "--version")).group(1)


def start(programs, home, roots, credential):
    """Starts a browser that trusts `roots` and has a certificate of its own."""
    profile = home / "profile"
    nss.make_store(profile, roots, credential)
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines) + "\n")
    return programs.start(home, kind=Browser)


class Browser(Program):
    """A running Firefox, and one tab of it."""

    def __init__(self, home):
        profile = home / "profile"
        flags = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", profile]
        super().__init__(["firefox-esr", *flags, "about:blank"], environment={"HOME": str(home)})
        self._last_id = 0
        self._socket = socket.create_connection(("127.0.0.1", self._port(profile / "MarionetteActivePort")), PATIENCE)
        self._receive()  # its greeting
        self.call("WebDriver:NewSession")

    def _port(self, file):
        """Waits for the file in which the browser says where it listens."""
        deadline = time.monotonic() + PATIENCE
        while not (text := file.read_text() if file.exists() else ""):
            assert self.process.poll() is None and time.monotonic() < deadline, f"Firefox does not start\n{self.text}"
            time.sleep(0.05)
        return int(text)

    def _receive(self):
        head = b""
        while not head.endswith(b":"):
            head += self._read(1)
        return json.loads(self._read(int(head[:-1])))

    def _read(self, size):
        octets = b""
        while len(octets) < size:
            some = self._socket.recv(size - len(octets))
            assert some, f"Firefox has ended\n{self.text[-4000:]}"
            octets += some
        return octets

    def try_call(self, command, **parameters):
        """Calls a command and returns its error, or None, and its result."""
        self._last_id += 1
        message = json.dumps([0, self._last_id, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, number, error, result = self._receive()
        assert number == self._last_id
        return error, result

    def call(self, command, **parameters):
        error, result = self.try_call(command, **parameters)
        assert error is None, error
        return result

    def run(self, script, *arguments, within="content"):
        """Runs a script in the page, or in the browser itself ("chrome"), which may return a promise."""
        self.call("Marionette:SetContext", value=within)
        return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def only(self, version):
        """Lets the browser speak one version of TLS only, over connections not yet made."""
        for end in ("min", "max"):
            self.run("Services.prefs.setIntPref(...arguments)", f"security.tls.version.{end}", VERSIONS[version], within="chrome")
        self.forget_connections()

    def forget_connections(self):
        """Closes all connections. Sessions are kept."""
        self.run('Services.obs.notifyObservers(null, "net:cancel-all-connections")', within="chrome")

    def visit(self, url):
        """Loads a page and returns what the browser says of its connection."""
        self.call("Marionette:SetContext", value="content")
        self.call("WebDriver:Navigate", url=url)
        script = """
            const {state, secInfo} = gBrowser.securityUI;
            return {
              secure: (state & Ci.nsIWebProgressListener.STATE_IS_SECURE) !== 0,
              version: secInfo.protocolVersion, suite: secInfo.cipherName, group: secInfo.keaGroupName, resumed: secInfo.resumed,
            };"""
        return self.run(script, within="chrome")

    def refusal(self, url):
        """Tries to load a page and returns why the browser does not show it."""
        self.call("Marionette:SetContext", value="content")
        error, _ = self.try_call("WebDriver:Navigate", url=url)
        assert error is not None and error["error"] in ("insecure certificate", "unknown error"), error
        return self.run("return document.getFailedCertSecurityInfo().errorCodeString")

    def text_of_page(self):
        return self.run("return document.body.textContent")
