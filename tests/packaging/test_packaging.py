"""Installs sotto to a folder of its own and builds a stranger's project against it, outside the tree."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSUMER = Path(__file__).resolve().parent / "consumer"
VERSION = "0.1"


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Installation:
    """The library as installed below `prefix`, static or shared."""

    def __init__(self, kind, scratch):
        self.kind = kind
        self.prefix = scratch / "prefix"
        self.scratch = scratch
        # The build folder is kept: a second run has nothing to compile.
        build = ROOT / "build" / f"packaging-{kind}"
        shared = "ON" if kind == "shared" else "OFF"
        options = ["-D", f"BUILD_SHARED_LIBS={shared}", "-D", "SOTTO_BUILD_TESTS=OFF", "-D", "SOTTO_BUILD_EXAMPLES=OFF"]
        run("cmake", "--preset", "release", "-S", ROOT, "-B", build, *options)
        run("cmake", "--build", build)
        run("cmake", "--install", build, "--prefix", self.prefix)

    def pkg_config(self, *arguments):
        folder = self.find("sotto.pc").parent
        return run("pkg-config", *arguments, "sotto", PKG_CONFIG_PATH=str(folder)).split()

    def find(self, pattern):
        found = list(self.prefix.rglob(pattern))
        assert len(found) == 1, f"{pattern}: {found}"
        return found[0]


@pytest.fixture(scope="module", params=["static", "shared"])
def installation(request, tmp_path_factory):
    return Installation(request.param, tmp_path_factory.mktemp(request.param))


def test_a_cmake_project_finds_builds_and_runs_it(installation):
    source = installation.scratch / "cmake-consumer"
    shutil.copytree(CONSUMER, source)
    build = source / "build"
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, "-D", f"CMAKE_PREFIX_PATH={installation.prefix}")
    run("cmake", "--build", build)
    assert VERSION in run(build / "consumer")
    run(build / "asio_consumer")


def test_a_project_with_pkg_config_builds_and_runs_it(installation):
    flags = installation.pkg_config("--cflags", "--libs", *(["--static"] if installation.kind == "static" else []))
    program = installation.scratch / "pkg-config-consumer"
    run("g++", "-std=c++23", CONSUMER / "consumer.cpp", "-o", program, *flags)
    library_path = str(installation.find("sotto.pc").parents[1])
    assert VERSION in run(program, LD_LIBRARY_PATH=library_path)


def test_the_installed_program_runs_from_its_prefix(installation):
    assert VERSION in run(installation.prefix / "bin" / "sotto", "--version")


def test_the_manual_and_the_completions_are_installed(installation):
    assert installation.find("man1/sotto.1").stat().st_size > 0
    for completion in ("bash-completion/completions/sotto", "site-functions/_sotto", "vendor_completions.d/sotto.fish"):
        assert installation.find(completion).stat().st_size > 0


def test_a_shared_library_shows_its_public_names_alone(tmp_path_factory):
    installation = Installation("shared", tmp_path_factory.mktemp("names"))
    listing = run("nm", "--dynamic", "--defined-only", "--demangle", installation.find("libsotto.so"))
    names = [line.split(" ", 2)[2] for line in listing.splitlines()]
    ours = [name for name in names if "sotto::" in name and "std::" not in name.split("sotto::")[0]]
    assert ours
    assert [name for name in ours if "sotto::v0::" not in name] == []
