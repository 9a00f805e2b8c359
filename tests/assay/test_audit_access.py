"""`assay audit-access` on a real ledger: who looks is told before anything is shown."""

import getpass
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assay.accountable import operator
from assay.places import keys_of
from classifiers.labelled import read_labelled
from config.settings import LedgerSettings
from ledger.store import Ledger
from tests.assay.running import assay
from tests.ledger.facts import entered, judgement

WORDS = "Draft the plan for the move."
ANA = ("--person", "Ana@Example.com ")
WHY = ("--reason", "they asked for it")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A ledger with two turns of Ana's, who has two names, and one of Bob's."""
    path = tmp_path / "usage.db"
    key = keys_of(LedgerSettings(path=path)).serving(0.0).key
    (tmp_path / "teams.toml").write_text('[people]\n"ana@example.com" = ["key:1"]\n')
    (tmp_path / "assay.toml").write_text('[identity]\nteams = "teams.toml"\n[ledger]\npath = "usage.db"\n')
    ana, bob = key.digest("person", "ana@example.com"), key.digest("person", "bob")
    with closing(Ledger.open(path)) as ledger:
        ids = [entered(ledger, WORDS, person=person, calls=2) for person in (ana, bob, ana)]
        ledger.judge([judgement(ids[0], reasons=("asks for a plan",))])
    return path


def entries(db: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute("SELECT who, what, why FROM audit ORDER BY id").fetchall()


@pytest.mark.parametrize("person", ["ana@example.com", " ANA@example.com", "key:1"])
def test_a_persons_turns_are_shown_by_any_of_their_names(db: Path, tmp_path: Path, person: str) -> None:
    said = assay("audit-access", "turns", "--person", person, *WHY, "--format", "json", home=tmp_path)
    assert said.returncode == 0, said.stderr
    first, third = json.loads(said.stdout)
    assert (first["id"], third["id"]) == (1, 3)
    assert first["reasons"] == "asks for a plan"
    assert first["value"] == first["weight"] * first["novelty"] * first["attention"]
    assert (first["calls"], first["tokens"], third["value"]) == (2, 80, None)
    assert WORDS not in said.stdout
    pseudonym = keys_of(LedgerSettings(path=db)).serving(0.0).key.digest("person", "ana@example.com")
    assert entries(db) == [(getpass.getuser(), f"turns of {pseudonym}", "they asked for it")]


def test_a_pseudonym_and_a_date_will_do(db: Path, tmp_path: Path) -> None:
    pseudonym = keys_of(LedgerSettings(path=db)).serving(0.0).key.digest("person", "bob")
    asked = ("audit-access", "turns", "--pseudonym", pseudonym, *WHY, "--format", "csv")
    assert assay(*asked, home=tmp_path).stdout.splitlines()[1].startswith("2,2026-11-23T")
    said = assay(*asked, "--since", "2026-11-24", home=tmp_path)
    assert said.stdout == "No turn of this person is in the ledger.\n"
    assert entries(db)[1][1] == f"turns of {pseudonym} since 2026-11-24"


def test_what_is_kept_of_the_words_is_shown(db: Path, tmp_path: Path) -> None:
    """And of a turn that is judged nothing is."""
    said = assay("audit-access", "text", "2", *WHY, "--as", "Eve", home=tmp_path)
    assert said.stdout == f"{WORDS}\n"
    gone = assay("audit-access", "text", "1", *WHY, home=tmp_path)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "the text of turn 1 is deleted" in gone.stderr
    assert "has no turn 9" in assay("audit-access", "text", "9", *WHY, home=tmp_path).stderr
    login = getpass.getuser()
    assert entries(db) == [
        (f"Eve (login {login})", "text of turn 2", "they asked for it"),
        (login, "text of turn 1", "they asked for it"),
        (login, "text of turn 9", "they asked for it"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ("turns", *ANA),
        ("turns", *ANA, "--reason", ""),
        ("turns", *ANA, "--reason", " \t"),
        ("turns", *WHY),
        ("turns", "--person", " ", *WHY),
        ("turns", *ANA, "--pseudonym", "0" * 16, *WHY),
        ("turns", *ANA, *WHY, "--since", "monday"),
        ("text", "2"),
        ("text", "2", "--reason", ""),
        ("text", "two", *WHY),
    ],
)
def test_who_asks_wrongly_is_shown_nothing(db: Path, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """No reason, or nobody named: one sentence, and no entry."""
    said = assay("audit-access", *wrong, home=tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert len(said.stderr.strip().splitlines()) == 1
    assert entries(db) == []


@pytest.mark.parametrize("asked", [("turns", *ANA), ("text", "2")])
def test_nothing_is_shown_where_the_entry_cannot_be_written(db: Path, tmp_path: Path, asked: tuple[str, ...]) -> None:
    """A head that cannot be moved will do."""
    (tmp_path / "usage.db.audit").mkdir()
    said = assay("audit-access", *asked, *WHY, home=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert "the head of the audit table" in said.stderr


def test_nothing_is_shown_while_another_writes(db: Path, tmp_path: Path) -> None:
    """The ledger is locked, so there is no entry."""
    with closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = assay("audit-access", "turns", *ANA, *WHY, home=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert "is locked by another program" in said.stderr
    assert entries(db) == []


def test_a_wrong_ledger_is_not_made(tmp_path: Path) -> None:
    for asked in (("turns", *ANA, *WHY), ("text", "1", *WHY), ("log",), ("verify",)):
        said = assay("audit-access", *asked, "--db", "none.db", home=tmp_path)
        assert said.returncode == 1
        assert "there is no ledger at" in said.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_log_shows_who_looked(db: Path, tmp_path: Path) -> None:
    assert assay("audit-access", "log", home=tmp_path).stdout == "Nobody has looked at a person's rows.\n"
    assay("audit-access", "text", "2", "--reason", "\x1b[2J, they asked", home=tmp_path)
    (entry,) = json.loads(assay("audit-access", "log", "--format", "json", home=tmp_path).stdout)
    assert (entry["id"], entry["what"]) == (1, "text of turn 2")
    assert "\x1b" not in assay("audit-access", "log", home=tmp_path, COLUMNS="200").stdout


def test_verify_ends_with_1_where_an_entry_was_changed(db: Path, tmp_path: Path) -> None:
    for _ in range(3):
        assay("audit-access", "text", "2", *WHY, home=tmp_path)
    whole = assay("audit-access", "verify", home=tmp_path)
    assert (whole.returncode, whole.stdout[:40]) == (0, "The audit table is whole: 3 entries; the")
    with closing(sqlite3.connect(db)) as intruder, intruder:
        intruder.execute("DROP TRIGGER audit_keeps_what_it_says")
        intruder.execute("UPDATE audit SET who = 'Bob' WHERE id = 2")
    broken = assay("audit-access", "verify", home=tmp_path)
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr.startswith("assay: the audit table is broken at entry 2")
    assert len(broken.stderr.splitlines()) == 1


def test_a_lost_key_is_said_and_not_replaced(db: Path, tmp_path: Path) -> None:
    """A new one would find all entries broken."""
    (tmp_path / "usage.db.key").unlink()
    said = assay("audit-access", "verify", home=tmp_path)
    assert said.returncode == 1
    assert "is missing, without which nothing can be checked" in said.stderr
    assert not (tmp_path / "usage.db.key").exists()


def test_whoever_runs_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a name in the environment counts from nobody else."""
    monkeypatch.setenv("SUDO_USER", "ana")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert operator(None) == "ana"
    assert operator("Eve") == "Eve (login ana)"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getuid", lambda: 3_000_000)
    assert operator(" ") == "user 3000000"


def test_labels_are_written_for_training(db: Path, tmp_path: Path) -> None:
    with closing(Ledger.open(db)) as ledger:
        ana = keys_of(LedgerSettings(path=db)).persons("ana@example.com")
        assert ledger.contests.enter(1, ana, "2026-11-25T10:00:00.000Z", "too low", 4, WORDS)
    done = assay("audit-access", "labels", "--output", "out/labels.jsonl", *WHY, home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 label in out/labels.jsonl\n"), done.stderr
    file = tmp_path / "out" / "labels.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    (label,) = read_labelled(file)
    assert (label.asked.text, label.level) == (WORDS, 4)
    assert entries(db)[-1][1:] == ("labels of contests", "they asked for it")
    again = assay("audit-access", "labels", "--output", "out/labels.jsonl", *WHY, home=tmp_path)
    assert (again.returncode, "name another file" in again.stderr) == (2, True)
