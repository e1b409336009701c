"""Loads the tools, which have no .py ending, and makes small trees for them to check."""

import importlib.machinery
import importlib.util
import sys
import tempfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent

# A tool is a program, not a module to keep a compiled copy of.
sys.dont_write_bytecode = True


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(TOOLS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Tree:
    """A folder with the given files, for the time of a `with`: Tree({"src/base/x.cpp": "text"})."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    def __exit__(self, *_):
        self.folder.cleanup()
