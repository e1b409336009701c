"""Peers that are simply commands: their names and versions for the report."""

import re

from .processes import output_of


class Command:
    def __init__(self, name, *version_command):
        self.NAME = name
        self._version_command = version_command

    def version(self):
        return re.search(r"\d+(\.\d+)+", output_of(*self._version_command)).group(0)


curl = Command("curl", "curl", "--version")
java = Command("Java (JSSE)", "java", "-version")
nginx = Command("nginx", "nginx", "-v")
node = Command("Node", "node", "--version")
