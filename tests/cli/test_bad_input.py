"""Bad input: one clear sentence that names the culprit, the documented exit code, and nothing else."""

import os
import re
import socket

import pytest

from cli_support import ROOT, run

USAGE, CONFIGURATION, NETWORK = 2, 3, 4


def check(result, code, *words):
    text = result.stderr.decode()
    assert result.returncode == code, text
    assert text.startswith("sotto: ") and text.count("\n") == 1, f"not one sentence: {text!r}"
    for word in words:
        assert str(word) in text, text


@pytest.mark.parametrize("arguments, code, words", [
    (["--nonsense"], USAGE, ["--nonsense"]),
    (["nonsense"], USAGE, ["nonsense"]),
    (["proxy"], USAGE, ["FROM", "TO"]),
    (["proxy", "--nonsense"], USAGE, ["--nonsense"]),
    (["proxy", "tls://:0", "tcp://127.0.0.1:1"], USAGE, ["--cert"]),
    (["proxy", "tls://:0", "tcp://127.0.0.1:1", "--cert", "a.pem"], USAGE, ["--key"]),
    (["proxy", "gopher://:0", "tcp://127.0.0.1:1"], USAGE, ["gopher"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1"], USAGE, ["tcp://127.0.0.1", "port"]),
    (["proxy", "tcp://127.0.0.1:0", "gopher+starttls://mail.example"], USAGE, ["no protocol with STARTTLS"]),
    (["proxy", "imap+starttls://127.0.0.1:0", "tcp://127.0.0.1:1"], USAGE, ["needs a certificate"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--tlsa", "1 1 1 00"], USAGE, ["TLSA", "PKIX-EE"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--tlsa", "3 1 0 00"], USAGE, ["--tlsa has no use"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--tlsa", "3 1 0 00", "--insecure-backend"], USAGE,
     ["contradict"]),
    (["connect", "127.0.0.1:1", "--tlsa", "3 1 1"], USAGE, ["--tlsa", "SHA-256"]),
    (["connect", "127.0.0.1:1", "--tlsa", "3 1 0 00", "--roots", "x"], USAGE, ["--roots has no use"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--idle-timeout", "soon"], USAGE, ["--idle-timeout", "soon"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--servername", "a"], USAGE, ["--servername", "plain"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--insecure-backend"], USAGE, ["--insecure-backend"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--verify-sessions-again"], USAGE, ["--verify-sessions-again has no use"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--verify-sessions-again", "--insecure-backend"], USAGE, ["contradict"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--policy", "lax"], USAGE, ["lax"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--min-version", "tls1.1"], USAGE, ["--min-version", "tls1.1", "tls1.2"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--max-version", "1.2"], USAGE, ["--max-version", "1.2"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--log-format", "xml"], USAGE, ["xml"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", "--workers", "many"], USAGE, ["--workers"]),
    (["proxy", "--dev", "--cert", "a.pem"], USAGE, ["--dev", "--cert"]),
    (["proxy", "--config", "a.toml", "--dev"], USAGE, ["--config", "--dev"]),
    (["proxy", "--config", "/no/such/sotto.toml"], CONFIGURATION, ["/no/such/sotto.toml"]),
    (["proxy", "tls://:0", "tcp://127.0.0.1:1", "--cert", "/no/such.pem", "--key", "/no/such.key"], CONFIGURATION,
     ["/no/such.pem"]),
    (["proxy", "tcp://127.0.0.1:0", "tls://127.0.0.1:1", "--roots", "/no/such/roots.pem"], CONFIGURATION,
     ["/no/such/roots.pem"]),
    (["proxy", "tcp://127.0.0.1:0", "tcp://no-such-host.invalid:80"], NETWORK, ["no-such-host.invalid"]),
    (["proxy", "tcp://192.0.2.1:80", "tcp://127.0.0.1:1"], NETWORK, ["tcp://192.0.2.1:80"]),
    (["connect"], USAGE, ["TARGET"]),
    (["connect", "tcp://127.0.0.1:1"], USAGE, ["plain"]),
    (["connect", "127.0.0.1:1", "--verify-sessions-again"], USAGE, ["--verify-sessions-again", "--resume"]),
    (["connect", "127.0.0.1:1", "--groups", "x25520"], USAGE, ["--groups", "x25520"]),
    (["connect", "127.0.0.1:1", "--ciphersuites", "RC4"], USAGE, ["--ciphersuites", "RC4"]),
    (["connect", "127.0.0.1:1", "--min-version", "ssl3"], USAGE, ["--min-version", "ssl3"]),
    (["connect", "127.0.0.1:1", "--min-version", "tls1.3", "--max-version", "tls1.2"], USAGE, ["--min-version", "--max-version"]),
    (["connect", "127.0.0.1:1", "--servername", "a..b"], USAGE, ["--servername"]),
    (["connect", "127.0.0.1:1", "--roots", "/no/such/roots.pem"], CONFIGURATION, ["/no/such/roots.pem"]),
    (["connect", "127.0.0.1:1", "--cert", "/no/such.pem", "--key", "/no/such.key"], CONFIGURATION, ["/no/such.pem"]),
    (["connect", "127.0.0.1:1"], NETWORK, ["127.0.0.1:1", "refused"]),
    (["connect", "no-such-host.invalid"], NETWORK, ["no-such-host.invalid"]),
    (["cert"], USAGE, ["subcommand"]),
    (["cert", "dev", "../../etc/passwd"], USAGE, ["../../etc/passwd"]),
    (["policy", "lax"], USAGE, ["lax", "modern"]),
])
def test_each_gets_one_sentence_and_its_exit_code(arguments, code, words, tmp_path):
    check(run(*arguments, env={"XDG_DATA_HOME": str(tmp_path)}), code, *words)


def test_no_subcommand_is_a_usage_error():
    assert run().returncode == USAGE


def test_a_key_of_another_certificate_names_both_files(certificates):
    result = run("proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", certificates.cert, "--key", certificates.other.key)
    check(result, CONFIGURATION, certificates.cert, certificates.other.key)


def test_a_file_that_is_no_certificate_is_named(tmp_path, certificates):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("this is no PEM\n")
    check(run("proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", garbage, "--key", certificates.key), CONFIGURATION,
          garbage)


def test_a_wrong_passphrase_names_the_key(tmp_path, certificates):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("open barley\n")
    result = run("proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", certificates.cert, "--key",
                 certificates.encrypted_key, "--passphrase-file", wrong)
    check(result, CONFIGURATION, certificates.encrypted_key, "passphrase")


def test_an_encrypted_key_without_terminal_asks_for_a_file(certificates):
    import subprocess

    from cli_support import SOTTO
    result = subprocess.run([SOTTO, "proxy", "tls://127.0.0.1:0", "tcp://127.0.0.1:1", "--cert", certificates.cert, "--key",
                             certificates.encrypted_key], capture_output=True, stdin=subprocess.DEVNULL, timeout=20,
                            start_new_session=True)
    check(result, CONFIGURATION, certificates.encrypted_key, "--passphrase-file")


def test_a_port_in_use_names_the_endpoint(certificates):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"tls://127.0.0.1:{taken.getsockname()[1]}"
        result = run("proxy", endpoint, "tcp://127.0.0.1:1", "--cert", certificates.cert, "--key", certificates.key)
        check(result, NETWORK, endpoint, "in use")


def test_a_configuration_error_names_file_and_line(tmp_path):
    file = tmp_path / "sotto.toml"
    file.write_text('[[service]]\nfrom = "tcp://127.0.0.1:0"\nto = "tcp://127.0.0.1:1"\nidle_timeuot = "1m"\n')
    check(run("proxy", "--config", file), CONFIGURATION, f"{file}, line 4", "idle_timeuot")
    file.write_text('[[service]]\nfrom = \n')
    check(run("proxy", "--config", file), CONFIGURATION, f"{file}, line 2")


def test_control_characters_of_the_command_line_are_not_repeated():
    result = run("connect", "tls://\x1b[31mred")
    assert b"\x1b" not in result.stderr


def test_every_subcommand_has_help_with_examples():
    for arguments in (["--help"], ["proxy", "--help"], ["connect", "--help"], ["cert", "dev", "--help"], ["policy", "--help"]):
        result = run(*arguments)
        assert result.returncode == 0
        assert b"Examples:" in result.stdout, arguments


def test_version_is_printed():
    assert re.fullmatch(rb"sotto \d+\.\d+\.\d+\n", run("--version").stdout)


def documented_exit_codes():
    return dict(re.findall(r"^  (\d)  (.+)$", run("--help").stdout.decode(), re.MULTILINE))


def test_exit_codes_are_documented_alike_everywhere():
    codes = documented_exit_codes()
    assert sorted(codes) == [str(n) for n in range(8)]
    guide = (ROOT / "docs/guide/exit-codes.md").read_text()
    manual = (ROOT / "apps/sotto/man/sotto.1").read_text()
    for code, meaning in codes.items():
        assert f"| {code} | {meaning} |" in guide, meaning
        assert f".B {code}\n{meaning}" in manual, meaning


COMPLETIONS = ["sotto.bash", "_sotto", "sotto.fish"]


@pytest.mark.parametrize("subcommand", [["proxy"], ["connect"], ["cert", "dev"], ["policy"]])
def test_every_flag_stands_in_the_manual_and_the_completions(subcommand):
    flags = set(re.findall(r"(--[a-z][a-z-]*)", run(*subcommand, "--help").stdout.decode().split("Examples:")[0]))
    assert len(flags) > 1
    manual = (ROOT / "apps/sotto/man/sotto.1").read_text().replace("\\-", "-")
    for flag in flags:
        assert flag in manual, f"{flag} is not in the manual"
    for name in COMPLETIONS:
        text = (ROOT / "apps/sotto/completions" / name).read_text()
        for flag in flags:
            wanted = f"-l {flag[2:]}" if name.endswith(".fish") else flag
            assert re.search(re.escape(wanted) + r"(?![a-z-])", text), f"{flag} is not in {name}"


def test_bash_can_read_its_completion():
    import subprocess
    script = f"source {ROOT}/apps/sotto/completions/sotto.bash; COMP_WORDS=(sotto con); COMP_CWORD=1; _sotto; echo ${{COMPREPLY[*]}}"
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.split() == [b"connect"]


def test_the_manual_page_has_no_errors():
    import shutil
    import subprocess
    assert shutil.which("groff"), "groff-base is part of Debian's standard system"
    result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", ROOT / "apps/sotto/man/sotto.1"], capture_output=True)
    assert result.returncode == 0 and result.stderr == b"", result.stderr.decode()


def test_nothing_in_the_help_is_coloured_without_a_terminal():
    assert b"\x1b" not in run("--help").stdout + run("connect", "127.0.0.1:1").stderr


def test_the_key_files_are_readable_by_their_owner_only(tmp_path):
    os.umask(0)
    try:
        assert run("cert", "dev", "a.test", env={"XDG_DATA_HOME": str(tmp_path)}).returncode == 0
    finally:
        os.umask(0o022)
    folder = tmp_path / "sotto"
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in folder.iterdir():
        expected = 0o600 if "key" in file.name or file.name == "lock" else 0o644
        assert file.stat().st_mode & 0o777 == expected, file


def test_the_authority_needs_no_name_that_fits_a_certificate(tmp_path):
    made = run("cert", "dev", env={"XDG_DATA_HOME": str(tmp_path), "USER": "somebody.with.a.name." * 4})
    assert made.returncode == 0, made.stderr.decode()


def test_the_authority_is_made_once_and_issues_for_the_names_given(tmp_path):
    env = {"XDG_DATA_HOME": str(tmp_path)}
    ca = run("cert", "dev", "--print-ca", env=env).stdout.decode().strip()
    before = open(ca).read()
    result = run("cert", "dev", "app.test", "*.app.test", "192.0.2.7", env=env)
    assert result.returncode == 0
    assert open(ca).read() == before
    rows = dict(line.split(None, 1) for line in result.stdout.decode().splitlines())
    import subprocess
    text = subprocess.run(["openssl", "x509", "-in", rows["cert"], "-noout", "-ext", "subjectAltName"], capture_output=True,
                          text=True, check=True).stdout
    assert "DNS:app.test, DNS:*.app.test, IP Address:192.0.2.7" in text
    subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", ca, rows["cert"]], check=True, capture_output=True)
    again = run("cert", "dev", "app.test", "*.app.test", "192.0.2.7", env=env)
    assert b"still good" in again.stderr


def test_processes_that_start_at_once_share_one_authority(tmp_path):
    import subprocess

    from cli_support import SOTTO
    processes = [subprocess.Popen([SOTTO, "cert", "dev", f"host{i}.test"], env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for i in range(8)]
    certificates = []
    for process in processes:
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        certificates.append(dict(line.split(None, 1) for line in output.splitlines()))
    for one in certificates:
        subprocess.run(["openssl", "verify", "-CAfile", one["ca"], one["cert"]], check=True, capture_output=True)
