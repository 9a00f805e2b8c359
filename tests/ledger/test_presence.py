"""A ledger that is taken away while it is open is noticed, before and after each writing."""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ledger.presence import Displaced
from ledger.store import Ledger, LedgerError
from tests.ledger.facts import entered, turn


def count(db: Path) -> int:
    with closing(sqlite3.connect(db)) as connection:
        return int(connection.execute("SELECT count(*) FROM turns").fetchone()[0])


def remove(db: Path, *endings: str) -> None:
    for ending in endings:
        db.with_name(db.name + ending).unlink()


@pytest.mark.parametrize("endings", [("",), ("", "-wal", "-shm"), ("-shm",), ("-wal", "-shm")])
def test_files_that_were_deleted_take_no_writing(ledger: Ledger, db: Path, endings: tuple[str, ...]) -> None:
    """SQLite would go on writing into files without a name."""
    entered(ledger)
    remove(db, *endings)
    with pytest.raises(Displaced, match="deleted or replaced while it was open"):
        entered(ledger)
    with pytest.raises(Displaced):
        ledger.expire_text("9999")
    with pytest.raises(Displaced):
        ledger.settle()


def test_a_log_that_was_deleted_loses_nothing(ledger: Ledger, db: Path) -> None:
    """What stood in it is moved into the database as soon as that is noticed."""
    for _ in range(3):
        entered(ledger)
    remove(db, "-wal")
    with pytest.raises(Displaced):
        entered(ledger)
    ledger.close()
    assert count(db) == 3


def test_a_file_that_is_replaced_in_mid_transaction_is_noticed_behind_it(ledger: Ledger, db: Path) -> None:
    """What was written is in a file that nobody finds: it is to be written again."""
    entered(ledger)
    ledger.settle()
    shutil.copy(db, db.with_name("copy"))

    def write() -> None:
        with ledger.transaction():
            ledger.open_turn(turn("second"))
            db.with_name("copy").replace(db)

    with pytest.raises(Displaced):
        write()
    remove(db, "-wal", "-shm")
    assert count(db) == 1


def test_a_replaced_ledger_that_is_closed_leaves_the_new_ones_log_alone(ledger: Ledger, db: Path) -> None:
    """SQLite deletes the log by its name when the last connection closes."""
    entered(ledger)
    remove(db, "", "-wal", "-shm")
    with closing(Ledger.open(db)) as new:
        entered(new)
        with suppress(Displaced):
            entered(ledger)
        ledger.close()
        assert db.with_name("usage.db-wal").exists()
        entered(new)
    assert count(db) == 2


def test_a_log_that_is_put_away_in_good_order_is_no_loss(ledger: Ledger, db: Path) -> None:
    """As by an admin who changes the journal's mode."""
    ledger._connection.execute("PRAGMA journal_mode = DELETE")
    entered(ledger)
    assert count(db) == 1


def test_a_file_that_was_cut_short_takes_no_writing(ledger: Ledger, db: Path) -> None:
    """Though SQLite, with the pages that it remembers, would go on for long."""
    for _ in range(200):
        entered(ledger, "much to read " * 60)
    ledger.settle()
    entered(ledger)
    with db.open("r+b") as file:
        file.truncate(db.stat().st_size // 2)
    with pytest.raises(LedgerError, match="is corrupt: mend it"):
        entered(ledger)


def test_a_file_that_gave_room_back_is_whole(ledger: Ledger, db: Path) -> None:
    for _ in range(200):
        entered(ledger, "much to read " * 60)
    ledger.settle()
    entered(ledger)
    before = db.stat().st_size
    ledger._connection.execute("DELETE FROM calls")
    ledger._connection.execute("DELETE FROM turns")
    for _ in range(20):
        ledger._connection.execute("PRAGMA incremental_vacuum(1)").fetchall()
    assert ledger.settle()
    assert db.stat().st_size < before
    entered(ledger)
    entered(ledger)


def test_a_log_that_was_cut_short_takes_no_writing(ledger: Ledger, db: Path) -> None:
    """SQLite would write on behind the gap, and would find nothing of that again."""
    for _ in range(5):
        entered(ledger)
    log = db.with_name("usage.db-wal")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size // 2)
    with pytest.raises(LedgerError, match="is corrupt: mend it"):
        entered(ledger)


def test_a_log_that_was_emptied_is_noticed_behind_the_next_writing(ledger: Ledger, db: Path) -> None:
    """Until then SQLite may have emptied it itself; what was written is then to be written again."""
    entered(ledger)
    with db.with_name("usage.db-wal").open("r+b") as file:
        file.truncate(0)
    with pytest.raises(LedgerError, match="is corrupt: mend it"):
        entered(ledger)


def test_a_log_that_another_connection_has_emptied_is_whole(ledger: Ledger, db: Path) -> None:
    with closing(Ledger.open(db)) as other:
        for _ in range(3):
            entered(ledger)
            assert other.settle()
        entered(other)
        entered(ledger)
    assert count(db) == 5
