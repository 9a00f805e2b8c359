"""`assay forget` on a real ledger: no byte of one person stays, and others lose nothing."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger.keys import Keys
from ledger.records import Signature, utc
from ledger.rows import number_of
from ledger.store import Ledger
from tests.assay.running import assay
from tests.ledger.facts import call as a_call
from tests.ledger.facts import everything, judgement, turn, words

WHY = ("--reason", "they left and asked for it")
WEEK = 7 * 86_400.0
NOW = time.time()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """With periods of a week, the oldest of which began three weeks ago."""
    return Keys.load_or_create(tmp_path / "usage.db.key", weeks=1, now=NOW - 3 * WEEK)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    (tmp_path / "teams.toml").write_text('[people]\n"ana@example.com" = ["key:1", "10.0.0.7"]\n')
    (tmp_path / "assay.toml").write_text('[identity]\nteams = "teams.toml"\n[ledger]\npath = "usage.db"\n')
    return tmp_path / "usage.db"


def fill(db: Path, keys: Keys, name: str, letter: str, times: int = 25) -> list[bytes]:
    """Enter turns of a person in each period, with all that can hang on one; give what shows them in a file."""
    shows: list[bytes] = []
    with closing(Ledger.open(db, keys=keys)) as ledger:
        for number in range(times * 4):
            at = NOW - number % 4 * WEEK
            person = keys.serving(at).key.digest("person", name)
            conversation, ask, trace = (f"{letter}{number:07x}{kind:08x}" for kind in range(3))
            made = turn(
                f"{letter} asks " * (1 + number % 7 * 20), at=utc(at), person=person, conversation=conversation, ask=ask
            )
            turn_id = ledger.open_turn(made)
            ledger.open_call(a_call(at=utc(at), model=f"model-{letter}-{number}"), turn_id)
            ledger.traces.leave(trace, turn_id, utc(at))
            (sealed,) = ledger._connection.execute("SELECT text FROM texts WHERE turn_id = ?", (turn_id,)).fetchone()
            signature = f"signature-{letter}-{number}".encode()
            shows += [person.encode(), conversation.encode(), sealed[30:60].encode(), signature]
            shows += [f"model-{letter}-{number}".encode()]
            shows += [number_of(each).to_bytes(8, signed=True) for each in (ask, trace)]
            if number % 2:
                found = judgement(turn_id, reasons=(f"reason-{letter}-{number}",))
                ledger.judge(
                    [found], signatures=[Signature(turn_id, "test-1", signature)], keep_text_seconds=number % 3
                )
                ledger._connection.execute(
                    "INSERT INTO contests (turn_id, at, reason) VALUES (?, ?, ?)",
                    (turn_id, utc(at), f"no-{letter}-{number}"),
                )
                shows += [f"reason-{letter}-{number}".encode(), f"no-{letter}-{number}".encode()]
    return shows


def counts(db: Path) -> dict[str, int]:
    tables = ("turns", "calls", "judgements", "signatures", "contests", "traces")
    with closing(sqlite3.connect(db)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def held(folder: Path, shows: list[bytes]) -> set[bytes]:
    content = everything(folder)
    return {one for one in shows if one in content}


@pytest.mark.parametrize("name", ["Ana@example.com ", "key:1", "10.0.0.7"])
def test_no_byte_of_the_person_stays_and_others_are_whole(db: Path, keys: Keys, tmp_path: Path, name: str) -> None:
    """In ledger, log and shared memory; turns of all periods, and of names that were told later, go too."""
    others = fill(db, keys, "bob@example.com", "b")
    before = counts(db)
    theirs = fill(db, keys, "ana@example.com", "a") + fill(db, keys, "key:1", "c", times=3)
    fill(db, keys, "carol@example.com", "d", times=2)
    others += fill(db, keys, "dora@example.com", "e")
    assert len(held(tmp_path, theirs)) > 400
    said = assay("forget", name, *WHY, home=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout == "Forgot 112 turns with 112 calls.\n"
    assert held(tmp_path, theirs) == set()
    assert held(tmp_path, others) >= {one for one in others if one.startswith(b"model-")}
    after = counts(db)
    for table, count in before.items():
        assert after[table] >= 2 * count
    kept = [text for text in words(db) if text]
    assert kept
    assert all(text.startswith(("b asks", "d asks", "e asks")) for text in kept)
    with closing(Ledger.open(db)) as ledger:
        assert not [turn for turn in ledger.unjudged("another", 10_000) if turn.lost]
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_the_audit_table_keeps_why_and_not_who(db: Path, keys: Keys, tmp_path: Path) -> None:
    fill(db, keys, "ana@example.com", "a", times=1)
    assert assay("forget", "ana@example.com", *WHY, "--as", "Dana", home=tmp_path).returncode == 0
    with closing(sqlite3.connect(db)) as connection:
        ((who, what, why),) = connection.execute("SELECT who, what, why FROM audit").fetchall()
    assert who.startswith("Dana (login ")
    assert (what, why) == ("forgot one person", "they left and asked for it")
    assert assay("audit-access", "verify", home=tmp_path).returncode == 0
    again = assay("forget", "ana@example.com", *WHY, home=tmp_path)
    assert (again.returncode, again.stdout[:39]) == (0, "No turn of this person is in the ledger")


def test_a_reader_is_waited_for_and_then_named(db: Path, keys: Keys, tmp_path: Path) -> None:
    """Nothing is deleted while it could not leave the files."""
    shows = fill(db, keys, "ana@example.com", "a", times=1)
    with closing(sqlite3.connect(db, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM turns").fetchone()
        with closing(Ledger.open(db, keys=keys)) as writer:
            writer.open_call(a_call(), None)
            refused = assay("forget", "ana@example.com", *WHY, home=tmp_path)
        assert refused.returncode == 1
        assert "nothing is deleted yet, as another program reads the ledger" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert counts(db)["turns"] == 4
    assert assay("forget", "ana@example.com", *WHY, home=tmp_path).returncode == 0
    assert held(tmp_path, shows) == set()


def test_names_in_clear_are_forgotten_too(db: Path, keys: Keys, tmp_path: Path) -> None:
    with closing(Ledger.open(db, keys=keys)) as ledger:
        for person in ("ana@example.com", "key:1", "bob@example.com"):
            ledger.open_turn(turn(person=person, at=utc(NOW)))
    assert assay("forget", "ana@example.com", *WHY, home=tmp_path).stdout == "Forgot 2 turns with 0 calls.\n"
    assert b"bob@example.com" in db.read_bytes()
    assert b"ana@example.com" not in db.read_bytes()


def test_backups_forget_too(db: Path, keys: Keys, tmp_path: Path) -> None:
    """They are copies of people's rows, of an older schema."""
    shows = fill(db, keys, "ana@example.com", "a", times=1)
    backup = tmp_path / "usage.db.schema3.backup"
    backup.write_bytes(db.read_bytes())
    backup.chmod(0o600)
    said = assay("forget", "ana@example.com", *WHY, home=tmp_path)
    assert said.stdout == "Forgot 4 turns with 4 calls, and 4 turns in backups.\n"
    assert held(tmp_path, shows) == set()
    assert sorted(path.name for path in tmp_path.glob("usage.db.schema3*")) == ["usage.db.schema3.backup"]


def test_calls_that_wait_in_a_spool_are_told(db: Path, keys: Keys, tmp_path: Path) -> None:
    fill(db, keys, "ana@example.com", "a", times=1)
    (tmp_path / "usage.db.spool").write_bytes(b"something")
    said = assay("forget", "ana@example.com", *WHY, home=tmp_path)
    assert said.returncode == 0
    assert "usage.db.spool, and theirs may be among them: run this again" in said.stderr


def test_without_a_reason_or_a_ledger_nothing_happens(db: Path, tmp_path: Path) -> None:
    assert assay("forget", "ana@example.com", home=tmp_path).returncode == 2
    assert assay("forget", "ana@example.com", "--reason", " ", home=tmp_path).returncode == 2
    none = assay("forget", "ana@example.com", *WHY, home=tmp_path)
    assert none.returncode == 1
    assert "there is no ledger" in none.stderr
    assert not keys_file_exists(tmp_path)


def keys_file_exists(folder: Path) -> bool:
    return (folder / "usage.db.key").exists()
