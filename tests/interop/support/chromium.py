"""Headless Chromium, driven over its debugging pipe (the DevTools protocol, JSON messages that end in a zero octet)."""

import json
import os
import re
import threading

from .processes import Program, output_of

NAME = "Chromium"

# A profile of its own, no sandbox (tests may run as root), and nothing that looks for the world outside.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    "--remote-debugging-pipe",
)
PATIENCE = 60.0  # a browser takes its time to start on a busy machine


def version():
    return re.search(r"Chromium\D*(\S+)", output_of("chromium", "--version")).group(1)


def trust(home, authority):
    """Makes `authority` trusted for everything that runs with this HOME, the way a user would: in the NSS database."""
    database = home / ".pki/nssdb"
    database.mkdir(parents=True)
    for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "authority", "-i", authority)):
        assert output_of("certutil", "-d", f"sql:{database}", *arguments) == ""


def start(programs, home):
    """Starts a browser with one tab and the trust of `home`."""
    browser = programs.start(home, kind=Browser)
    browser.open_tab()
    return browser


class Browser(Program):
    """A running Chromium, and one tab of it."""

    def __init__(self, home):
        # Chromium reads its commands from descriptor 3 and writes its answers to descriptor 4.
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        flags = [*FLAGS, f"--user-data-dir={home / 'profile'}", "about:blank"]
        script = f'exec 3<&{commands} 4>&{answers}; exec chromium "$@"'
        command = ["bash", "-c", script, "chromium", *flags]
        super().__init__(command, environment={"HOME": str(home), "XDG_CONFIG_HOME": ""}, files=(commands, answers))
        os.close(commands)
        os.close(answers)
        self._messages = []
        self._arrived = threading.Condition()
        self._last_id = 0
        self._session = None
        threading.Thread(target=self._listen, daemon=True).start()

    def open_tab(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Security", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def _listen(self):
        pending = b""
        while chunk := os.read(self._answers, 65536):
            *complete, pending = (pending + chunk).split(b"\0")
            with self._arrived:
                self._messages += [json.loads(message) for message in complete]
                self._arrived.notify_all()
        os.close(self._answers)

    def _wait_for_message(self, wanted):
        def found():
            return next((message for message in self._messages if wanted(message)), None)

        with self._arrived:
            message = self._arrived.wait_for(found, PATIENCE)
        assert message is not None, f"Chromium did not say what was waited for\n{self.text[-4000:]}"
        return message

    def call(self, method, **parameters):
        """Calls a method of the protocol and returns its result."""
        self._last_id += 1
        number = self._last_id
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer = self._wait_for_message(lambda message: message.get("id") == number)
        assert "error" not in answer, answer
        return answer["result"]

    def event(self, method, wanted=lambda parameters: True):
        """Waits for an event, which may have come already, and returns its parameters."""
        return self._wait_for_message(
            lambda message: message.get("method") == method and wanted(message["params"]),
        )["params"]

    def visit(self, url):
        """Loads a page and returns the response of its document."""
        navigation = self.call("Page.navigate", url=url)
        assert "errorText" not in navigation, navigation
        loader = navigation["loaderId"]
        self.event("Page.lifecycleEvent", lambda event: event["loaderId"] == loader and event["name"] == "load")
        return self.event(
            "Network.responseReceived",
            lambda response: response["type"] == "Document" and response["loaderId"] == loader,
        )["response"]

    def refusal(self, url):
        """Tries to load a page and returns why the browser does not show it."""
        return self.call("Page.navigate", url=url).get("errorText")

    def title(self):
        return self.call("Runtime.evaluate", expression="document.title")["result"]["value"]

    def stop(self):
        super().stop()
        os.close(self._commands)
