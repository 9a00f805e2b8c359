"""What is plainly no ledger is refused at once; what cannot be told now is not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import WrongLedger
from ledger.store import Ledger
from ledger.target import refuse_wrong


def test_a_folder_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(WrongLedger, match="is a folder: name a file"):
        refuse_wrong(tmp_path)


def test_another_programs_database_is_wrong(db: Path) -> None:
    db.parent.mkdir()
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(WrongLedger, match="another program's database"):
        refuse_wrong(db)


def test_a_newer_schema_is_wrong(ledger: Ledger, db: Path) -> None:
    ledger._connection.execute("INSERT INTO migrations VALUES (99, 'later')")
    with pytest.raises(WrongLedger, match="made by a newer Assay"):
        refuse_wrong(db)


def test_what_may_become_a_ledger_is_not_wrong(ledger: Ledger, db: Path) -> None:
    """Sound, not there, locked, or corrupt."""
    refuse_wrong(db)
    refuse_wrong(db.with_name("none.db"))
    ledger._connection.execute("BEGIN EXCLUSIVE")
    refuse_wrong(db)
    ledger._connection.execute("ROLLBACK")
    db.with_name("corrupt.db").write_bytes(b"no database at all " * 100)
    refuse_wrong(db.with_name("corrupt.db"))
