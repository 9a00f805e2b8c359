"""The command line as people meet it: its manual, its exit codes, and one sentence for whatever goes wrong."""

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.__main__ import COMMANDS, run
from tests.assay.running import assay, running

UPSTREAM = "reverse:http://127.0.0.1:9"
ASK = {"id": "a", "turns": [{"role": "user", "text": "write a haiku about our roadmap"}]}


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: assay" in capsys.readouterr().out


def corrupt(home: Path) -> list[str | Path]:
    """Make a ledger that is none."""
    (home / "usage.db").write_bytes(b"not a database, but long enough to be looked at" * 40)
    return ["--db", home / "usage.db"]


def lines(home: Path) -> list[str | Path]:
    (home / "in.jsonl").write_text(json.dumps(ASK) + "\n{not json\n", encoding="utf-8")
    return ["--input", home / "in.jsonl", "--output", home / "out.jsonl"]


Made = Callable[[Path], list[str | Path]]


def nothing(_: Path) -> list[str | Path]:
    return []


@pytest.mark.parametrize(
    ("arguments", "made", "code", "sentence"),
    [
        (["prxy"], nothing, 2, "No such command 'prxy': see assay --help"),
        (["proxy", "--port", "1"], nothing, 2, "No such option"),
        (["report", "--by", "person"], nothing, 2, "'person' is not one of"),
        (["report", "--since", "yesterday"], nothing, 1, "there is no ledger at"),
        (["proxy"], nothing, 2, "no upstream is named: give --mode reverse:URL"),
        (["up"], nothing, 2, "no upstream is named: give --upstream URL"),
        (["up", "--demo", "--db", "x.db"], nothing, 2, "--demo brings its own assistant and ledger"),
        (["up", "--mode", UPSTREAM, "--upstream", "http://x"], nothing, 2, "--upstream and --mode say the same"),
        (["proxy", "--mode", UPSTREAM, "--listen", "8080"], nothing, 2, "--listen must be HOST:PORT"),
        (["proxy", "--mode", UPSTREAM, "--config", "none.toml"], nothing, 2, "none.toml cannot be read"),
        (["proxy", "--mode", "reverse:ftp://x", "--db", "x.db"], nothing, 2, "the URL of mode reverse cannot be used"),
        (["proxy", "--mode", "magic", "--db", "x.db"], nothing, 2, "mode 'magic' is not known: use reverse:URL"),
        (["up", "--mode", "magic", "--db", "x.db", "--listen", "127.0.0.1:0"], nothing, 2, "mode 'magic' is not known"),
        (["proxy", "--mode", UPSTREAM, "--db", "."], nothing, 1, "is a folder: name a file"),
        (["classify", "--db", "."], nothing, 1, "is a folder: name a file"),
        (["classify", "--once"], corrupt, 1, "is no ledger, or is corrupt: mend it"),
        (["report"], corrupt, 1, "is no ledger, or is corrupt: mend it"),
        (["classify", "--once", "--db", "/dev/null/usage.db"], nothing, 1, "cannot be"),
        (["score"], nothing, 2, "nothing, or too much, to rate: give TEXT"),
        (["score", "hello", "--model", "nowhere"], nothing, 1, "nowhere"),
        (["classify", "--once", "--db", "x.db", "--model", "nowhere"], nothing, 1, "nowhere"),
        (["score", "--input", "missing.jsonl"], nothing, 2, "missing.jsonl cannot be read or written"),
        (["score"], lines, 2, "line 2: not JSON"),
        (["evaluate", "--data", "missing.jsonl"], nothing, 2, "missing.jsonl"),
        (["attack", "--data", "missing.jsonl"], nothing, 2, "missing.jsonl"),
        (["attack", "--attack", "bribe"], nothing, 2, "there is no attack 'bribe': choose from persona, "),
        (["attack", "--sample", "0"], nothing, 2, "--sample"),
        (["identity", "fingerprint", "--db", "x.db"], nothing, 2, "no API key was given"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    tmp_path: Path, arguments: list[str], made: Made, code: int, sentence: str
) -> None:
    done = assay(*arguments, *made(tmp_path), home=tmp_path)
    assert done.returncode == code, done
    assert sentence in done.stderr
    assert done.stderr.startswith("assay: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


def test_a_setting_that_is_unknown_is_refused_by_every_command_that_reads_settings(tmp_path: Path) -> None:
    done = assay("report", home=tmp_path, ASSAY_LEDGER__PAHT="x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "assay: the environment's ASSAY_LEDGER__PAHT sets nothing: did you mean ASSAY_LEDGER__PATH?\n"


@pytest.mark.parametrize("command", ["proxy", "up"])
def test_a_port_in_use_is_one_sentence_and_ends_the_command(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = assay(command, "--mode", UPSTREAM, "--listen", listen, "--db", "usage.db", home=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "assay: the port is in use: stop what listens there, or listen on another\n"


def test_the_proxy_says_when_it_is_ready_and_what_it_did(tmp_path: Path) -> None:
    with running("proxy", "--mode", UPSTREAM, "--listen", "127.0.0.1:0", "--db", "usage.db", home=tmp_path) as proxy:
        ready = proxy.until("listens on")
        proxy.process.terminate()
        said = proxy.rest()
    assert f"mode {UPSTREAM}, ledger usage.db" in ready
    assert said == [ready, "assay: the proxy has ended: 0 calls of 0 turns, 0 unreadable"]
    assert proxy.process.returncode == 0


def test_score_rates_a_text_a_file_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(ASK) + "\n", encoding="utf-8")
    by_file = assay("score", "--input", "in.jsonl", "--output", "out.jsonl", home=tmp_path)
    piped = assay("score", "--input", "-", "--output", "-", home=tmp_path, text=json.dumps(ASK) + "\n")
    text = assay("score", "--json", "-", home=tmp_path, text=ASK["turns"][0]["text"])  # type: ignore[index]
    assert (by_file.returncode, piped.returncode, text.returncode) == (0, 0, 0), (by_file, piped, text)
    rated = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert rated["id"] == "a"
    assert json.loads(piped.stdout) == rated
    assert json.loads(text.stdout) | {"id": "a"} == rated
    assert by_file.stderr == piped.stderr == ""


def test_score_says_a_rating_in_words(tmp_path: Path) -> None:
    done = assay("score", "hello", home=tmp_path)
    assert done.stdout.startswith("level 0 of 4 (noise), score ")


def test_a_key_that_is_renewed_has_no_fingerprint(tmp_path: Path) -> None:
    done = assay("identity", "fingerprint", "--db", "usage.db", home=tmp_path, text="sk-ant-oat01-secret\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "this is a login's token" in done.stderr
    assert "secret" not in done.stderr


def test_a_fingerprint_is_the_same_for_the_same_key_and_never_the_key(tmp_path: Path) -> None:
    first, again, other = (
        assay("identity", "fingerprint", "--db", "usage.db", home=tmp_path, text=f"{key}\n").stdout
        for key in ("sk-ana", "sk-ana", "sk-ben")
    )
    assert first == again != other
    assert first.startswith("key:")
    assert "sk-ana" not in first


def test_a_bug_is_said_by_kind_and_place_without_its_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.commands.score._lines", {}.__getitem__)  # raises KeyError, with what it was given
    assert run(["score", "--input", "a prompt's own words", "--output", "y"]) == 1
    said = capsys.readouterr().err
    assert "this is a bug in Assay (KeyError at assay/commands/score.py:" in said
    assert "own words" not in said


def test_a_part_that_is_not_installed_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "reports.usage", None)
    monkeypatch.delitem(sys.modules, "assay.commands.report", raising=False)
    assert run(["report"]) == 1
    assert capsys.readouterr().err.startswith("assay: this command needs reports.usage, which is not installed")
