"""Refuses, before anything is opened for writing, what is plainly no ledger of this program."""

import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from ledger.address import Address, Place
from ledger.errors import LedgerError, WrongLedger
from ledger.migrations import schema_of
from ledger.sqlite import open_to_read

WITHOUT_PSYCOPG = (
    "the ledger {address} needs psycopg: install it (pip install 'assay[postgres]'), or name a file with --db"
)


def refuse_wrong(path: Place) -> None:
    """Raise WrongLedger for a folder, another program's database and a newer schema. Never waits.

    What cannot be told now (locked, corrupt, not there) is not refused: that may change.
    """
    if isinstance(path, Address):
        if find_spec("psycopg") is None:
            raise WrongLedger(WITHOUT_PSYCOPG.format(address=path))
        return
    if path.is_dir():
        raise WrongLedger(f"the ledger {path} is a folder: name a file, as in --db {path / 'usage.db'}")
    if not path.is_file() or is_hollow(path):
        return
    try:
        with closing(open_to_read(path, 0)) as connection:
            schema_of(connection, path)
    except WrongLedger:
        raise
    except (sqlite3.Error, LedgerError, OSError):
        return


def refuse_hollow(path: Path) -> None:
    """Raise LedgerError for a file that was emptied while its log was not. SQLite would delete the log."""
    if is_hollow(path):
        raise LedgerError(f"the ledger {path} is corrupt: mend it (assay ledger repair --db {path})")


def is_hollow(path: Path) -> bool:
    """Tell whether a ledger was emptied, and its log still holds something."""
    try:
        return path.stat().st_size == 0 and path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False
