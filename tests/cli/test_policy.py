"""What `sotto policy` prints, word for word: a policy does not change without somebody noticing.

`pytest-3 tests/cli/test_policy.py --update-policies` writes the files of tests/cli/policies anew.
"""

import json
import pathlib

import pytest

from cli_support import run

KEPT = pathlib.Path(__file__).parent / "policies"
NAMES = ("modern", "compatible", "legacy", "fips-like")


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_is_what_it_was(name, request):
    printed = run("policy", name).stdout.decode()
    file = KEPT / f"{name}.txt"
    if request.config.getoption("--update-policies"):
        file.write_text(printed)
    assert printed == file.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_with_its_year_is_the_newest_of_its_name(name):
    assert run("policy", f"{name}_2026").stdout == run("policy", name).stdout


def test_there_is_a_kept_text_for_every_policy_and_for_nothing_else():
    assert sorted(file.stem for file in KEPT.iterdir()) == sorted(NAMES)
    named = run("policy", "no-such-policy").stderr.decode()
    assert all(name in named for name in NAMES)


def test_the_fips_like_policy_says_that_it_is_no_certificate():
    text = run("policy", "fips-like").stdout.decode()
    assert "algorithms only: no certificate, no validated module" in text
    policy = json.loads(run("policy", "fips-like", "--json").stdout)
    assert policy["require_extended_master_secret"]
    everything = json.dumps(policy)
    for missing in ("CHACHA20", "x25519", "ed25519", "CBC", "_SHA1"):
        assert missing not in everything
