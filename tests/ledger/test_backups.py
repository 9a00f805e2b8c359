"""Before a schema changes the ledger is copied, for its owner alone; without room for that nothing changes."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from ledger import migrations
from ledger.backups import backup_of, backups
from ledger.sqlite import open_to_write
from ledger.store import Ledger, LedgerError
from tests.ledger.facts import entered


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> int:
    """Add two migrations; give the schema before them."""
    before = len(migrations.MIGRATIONS)
    more = [lambda c, n=n: c.execute(f"CREATE TABLE later_{n} (id INTEGER) STRICT") for n in (1, 2)]
    monkeypatch.setattr("ledger.migrations.MIGRATIONS", (*migrations.MIGRATIONS, *more))
    return before


def schema(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT max(number) FROM migrations").fetchone()[0])


@pytest.mark.parametrize("number", range(1, len(migrations.MIGRATIONS)))
def test_every_older_schema_is_copied_before_it_goes(db: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, of the old schema, and readable by its owner alone."""
    monkeypatch.setattr("ledger.migrations.MIGRATIONS", migrations.MIGRATIONS[:number])
    with closing(open_to_write(_made(db), 5000)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT")
        for done in range(number):
            migrations.MIGRATIONS[done](connection)
            connection.execute("INSERT INTO migrations VALUES (?, 'then')", (done + 1,))
        connection.execute("INSERT INTO contests (id, turn_id, at, reason) VALUES (1, 1, 'then', 'unfair')")
    monkeypatch.undo()
    Ledger.open(db).close()
    assert schema(db) == len(migrations.MIGRATIONS)
    (copy,) = backups(db)
    assert copy == backup_of(db, number)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT max(number) FROM migrations").fetchone() == (number,)
        assert connection.execute("SELECT reason FROM contests").fetchall() == [("unfair",)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _made(db: Path) -> Path:
    db.parent.mkdir(mode=0o700)
    return db


def test_a_new_ledger_needs_no_copy(ledger: Ledger, db: Path) -> None:
    assert backups(db) == []


def test_all_that_is_missing_runs_in_one_transaction(ledger: Ledger, db: Path, newer: int) -> None:
    """One that fails undoes those before it too."""
    entered(ledger)

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (done INTEGER)")
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.migrations.MIGRATIONS", (*migrations.MIGRATIONS, fails))
        with pytest.raises(RuntimeError):
            Ledger.open(db)
    assert schema(db) == newer
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later_1'").fetchone() == (0,)


def test_without_room_for_the_copy_the_schema_stays(ledger: Ledger, db: Path, newer: int) -> None:
    """In one sentence; what is in the way of the copy stands for a disk that does not take it."""
    entered(ledger)
    backup_of(db, newer).with_name(f".{backup_of(db, newer).name}.part").mkdir()
    with pytest.raises(LedgerError, match=r"is copied before its schema changes, .*: make room for \d+ MB there"):
        Ledger.open(db)
    assert schema(db) == newer


def test_a_copy_that_was_cut_off_is_listed_and_made_anew(ledger: Ledger, db: Path, newer: int) -> None:
    """Killed in mid-copy: what is left holds people's rows, too."""
    entered(ledger)
    part = backup_of(db, newer).with_name(f".{backup_of(db, newer).name}.part")
    part.write_bytes(b"half of it")
    assert backups(db) == [part]
    Ledger.open(db).close()
    assert backups(db) == [backup_of(db, newer)]
