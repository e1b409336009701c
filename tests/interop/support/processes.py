"""Programs that a test starts: everything they print is kept, every wait has an end, and none outlives its test."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time

PATIENCE = 15.0  # seconds: the longest that any single wait may take


class Program:
    """One running program with pipes to its standard input, output and error output."""

    def __init__(self, arguments, environment=None, directory=None, files=()):
        self.arguments = [str(argument) for argument in arguments]
        self._changed = threading.Condition()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._open_streams = 2
        self.process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            cwd=directory,
            pass_fds=files,
            start_new_session=True,
        )
        for name in self._output:
            threading.Thread(target=self._collect, args=(name,), daemon=True).start()

    def _collect(self, name):
        stream = getattr(self.process, name)
        while chunk := stream.read1(65536):
            with self._changed:
                self._output[name] += chunk
                self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    @property
    def stdout(self):
        with self._changed:
            return bytes(self._output["stdout"])

    @property
    def text(self):
        """Everything printed so far, output first and error output after it."""
        with self._changed:
            return b"\n".join(self._output.values()).decode("utf-8", "replace")

    def wait_until(self, condition, what, patience=PATIENCE):
        """Returns the first true result of `condition()`, which is asked again whenever the program prints something."""
        deadline = time.monotonic() + patience
        while True:
            with self._changed:
                size, ended = self._size(), self._open_streams == 0
            result = condition()
            if result:
                return result
            remaining = deadline - time.monotonic()
            assert not ended, f"{self.describe()} ended before {what}\n{self.text[-6000:]}"
            assert remaining > 0, f"{self.describe()}: waited {patience:.0f} s for {what}\n{self.text[-6000:]}"
            with self._changed:
                if self._size() == size and self._open_streams > 0:
                    self._changed.wait(min(remaining, 0.5))

    def _size(self):
        return sum(len(output) for output in self._output.values())

    def wait_for(self, pattern, patience=PATIENCE):
        """Waits until the program has printed something that matches `pattern`, and returns the match."""
        return self.wait_until(lambda: re.search(pattern, self.text, re.MULTILINE), f"/{pattern}/", patience)

    def write(self, data):
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)
        self.process.stdin.flush()

    def offer(self, data):
        """Writes to a program that may have ended already, as one that refuses its peer does."""
        with contextlib.suppress(BrokenPipeError):
            self.write(data)

    def end_input(self):
        self.process.stdin.close()

    def wait(self, patience=PATIENCE):
        """Waits for the end of the program and of its output, and returns the exit code."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.describe()} did not end within {patience:.0f} s\n{self.text[-6000:]}") from None
        with self._changed:
            self._changed.wait_for(lambda: self._open_streams == 0, 2)
        return code

    def kill(self):
        """Kills the program the way a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self):
        """Ends the program and whatever it started, whether it wants to or not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait(PATIENCE)

    def describe(self):
        return " ".join(self.arguments[:4])


class Programs:
    """Starts programs, and stops all of them at the end."""

    def __init__(self):
        self._running = []

    def start(self, arguments, kind=Program, **options):
        program = kind(arguments, **options)
        self._running.append(program)
        return program

    def stop(self):
        for program in reversed(self._running):
            program.stop()


def free_port():
    """Returns a port of 127.0.0.1 that nobody listened on a moment ago, for programs that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(program, port, patience=PATIENCE):
    """Waits until `program` accepts connections on `port`."""

    def accepts():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
            return False

    deadline = time.monotonic() + patience
    while not accepts():
        assert program.process.poll() is None, f"{program.describe()} ended early\n{program.text}"
        assert time.monotonic() < deadline, f"{program.describe()} does not listen on {port}\n{program.text}"


def output_of(*arguments, environment=None):
    """Runs a program to its end and returns what it printed, its error output included."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")
