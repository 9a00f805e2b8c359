"""A broken ledger is set aside, and what can be read of it goes on."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import LedgerBusy, LedgerError, WrongLedger
from ledger.repair import repair
from ledger.store import Ledger
from tests.ledger.facts import call, entered, judged, judgement

NOW = 1_795_600_000.0
TURNS = 400


def filled(db: Path) -> None:
    with closing(Ledger.open(db)) as ledger:
        judged(ledger, people=TURNS // 2, turns=2)
        entered(ledger, "and one that waits " * 50)


def count(db: Path, table: str) -> int:
    with closing(sqlite3.connect(db)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def overwrite(db: Path, at: int, data: bytes) -> None:
    with db.open("r+b") as file:
        file.seek(at)
        file.write(data)


def header(db: Path) -> None:
    overwrite(db, 0, b"\0" * 16)


def first_page(db: Path) -> None:
    overwrite(db, 0, b"\xff" * 4096)


def some_pages(db: Path) -> None:
    chance = random.Random(4)
    for page in chance.sample(range(25, db.stat().st_size // 4096), 4):
        overwrite(db, page * 4096, b"\xff" * 4096)


def truncated(db: Path) -> None:
    with db.open("r+b") as file:
        file.truncate(db.stat().st_size * 3 // 4)


@pytest.mark.parametrize(("spoil", "share"), [(header, 1.0), (first_page, 1.0), (some_pages, 0.6), (truncated, 0.3)])
def test_what_can_be_read_is_recovered(db: Path, spoil: Callable[[Path], None], share: float) -> None:
    """Into a sound file; the broken one is kept as it was."""
    filled(db)
    spoil(db)
    broken = db.read_bytes()
    repaired = repair(db, NOW)
    assert repaired is not None
    assert repaired.aside.name.startswith("usage.db.broken-2026-11-2")
    assert repaired.aside.read_bytes() == broken
    assert count(db, "calls") == repaired.rows["calls"] >= share * (TURNS + 1)
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT value FROM policy WHERE name = 'min_group'").fetchone() == (5,)
    assert repair(db, NOW) is None
    with closing(Ledger.open(db)) as ledger:
        waiting = ledger.unjudged("test-1", 9)
        assert share < 1 or [turn.text for turn in waiting] == ["and one that waits " * 50]
        assert ledger.judge([judgement(entered(ledger))]) == 1
    assert {file.name for file in db.parent.iterdir()} <= {
        "usage.db",
        "usage.db.key",
        "usage.db.calls",
        "usage.db-wal",
        "usage.db-shm",
        *(repaired.aside.name + ending for ending in ("", "-wal", "-shm")),
    }


def test_all_of_a_sound_part_is_recovered_around_a_broken_page(db: Path) -> None:
    """The rows before it and those behind it."""
    filled(db)
    with closing(sqlite3.connect(db)) as connection:
        pages = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = 'calls' AND pagetype = 'leaf' ORDER BY path"
        ).fetchall()
    overwrite(db, (pages[len(pages) // 2][0] - 1) * 4096, b"\0" * 4096)
    repaired = repair(db, NOW)
    assert repaired is not None
    with closing(sqlite3.connect(db)) as connection:
        ids = [number for (number,) in connection.execute("SELECT id FROM calls ORDER BY id")]
    assert (ids[0], ids[-1]) == (1, TURNS + 1)
    assert TURNS + 1 - TURNS / len(pages) * 1.5 < len(ids) < TURNS + 1


def test_what_stands_in_the_log_is_recovered_too(db: Path) -> None:
    """As after kill -9: the database alone knows little of it."""
    filled(db)
    ledger = Ledger.open(db)
    for _ in range(20):
        entered(ledger)
    overwrite(db, (db.stat().st_size // 4096 - 1) * 4096, b"\xff" * 4096)
    before = count_calls_in(ledger)
    repaired = repair(db, NOW)
    if repaired is not None:
        assert count(db, "calls") >= before - 40
    ledger.close()


def count_calls_in(ledger: Ledger) -> int:
    return int(ledger._connection.execute("SELECT max(id) FROM calls").fetchone()[0])


def test_a_sound_ledger_is_left_alone(db: Path) -> None:
    filled(db)
    before = db.read_bytes()
    assert repair(db, NOW) is None
    assert db.read_bytes() == before


def test_an_open_ledger_goes_on_in_the_mended_file(db: Path) -> None:
    """By itself: it notices that its file has another name."""
    filled(db)
    ledger = Ledger.open(db)
    entered(ledger)
    with closing(sqlite3.connect(db)) as connection:
        (page,) = connection.execute(
            "SELECT max(pageno) FROM dbstat WHERE name = 'judgements' AND pagetype = 'leaf'"
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint")
    overwrite(db, (page - 1) * 4096, b"\xff" * 4096)
    assert repair(db, NOW) is not None
    with pytest.raises(LedgerError, match="deleted or replaced"):
        entered(ledger)
    ledger.close()
    with closing(Ledger.open(db)) as mended:
        entered(mended)
    assert count(db, "calls") == TURNS + 3


def test_who_keeps_writing_is_not_interrupted(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.repair.BUSY_MS", 10)
    filled(db)
    some_pages(db)
    with closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="locked by another program"):
            repair(db, NOW)
    assert [file.name for file in db.parent.iterdir() if "repair" in file.name or "broken" in file.name] == []


def test_what_is_no_ledger_is_refused(db: Path) -> None:
    db.parent.mkdir()
    with pytest.raises(LedgerError, match="there is no ledger"):
        repair(db, NOW)
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(WrongLedger):
        repair(db, NOW)


def test_a_ledger_that_was_emptied_is_recovered_from_its_log(db: Path) -> None:
    """As long as nobody opens it: SQLite deletes the log of an empty database."""
    ledger = Ledger.open(db)
    for _ in range(20):
        entered(ledger)
    with db.open("r+b") as file:
        file.truncate(0)
    for opening in (lambda: entered(ledger), lambda: Ledger.open(db)):
        with pytest.raises(LedgerError, match="is corrupt: mend it"):
            opening()
    repaired = repair(db, NOW)
    assert repaired is not None
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT max(id) FROM calls").fetchone() == (20,)
    ledger.close()


def test_what_was_committed_is_not_written_again_where_the_log_alone_is_gone(db: Path) -> None:
    """It was moved into the database, so it is there."""
    filled(db)
    with closing(Ledger.open(db)) as ledger:
        with ledger.transaction():
            ledger.open_call(call(), None)
            db.with_name("usage.db-wal").unlink()
        with pytest.raises(LedgerError, match="deleted or replaced"):
            entered(ledger)
    assert count(db, "calls") == TURNS + 2
