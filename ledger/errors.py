"""What can go wrong with the ledger, said in one sentence with the fix. Never quotes what was to be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.address import Place


class LedgerError(Exception):
    """The ledger cannot be used now: one sentence that says why and what to do. Trying again later may help."""


class WrongLedger(LedgerError):  # noqa: N818 - it says what was named
    """What was named is no ledger of this program, and will not become one."""


class LedgerBusy(LedgerError):  # noqa: N818 - it says what the ledger is
    """Another program writes. The ledger is sound."""


_BUSY = "the ledger {path} is locked by another program: close that program, or try again later"
_UNWRITABLE = "the ledger {path} cannot be written: change its permissions, or choose another --db"
# What to say by SQLite's primary result code. https://www.sqlite.org/rescode.html (2026-11-25)
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_FULL: "the disk that holds the ledger {path} is full: make room on it",
    sqlite3.SQLITE_IOERR: "the disk that holds the ledger {path} fails or is full: check it, or choose another --db",
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: "the ledger {path} cannot be opened: change its permissions, or choose another --db",
    sqlite3.SQLITE_NOTADB: "{path} is no ledger, or is corrupt: mend it (assay ledger repair --db {path})",
    sqlite3.SQLITE_CORRUPT: "the ledger {path} is corrupt: mend it (assay ledger repair --db {path})",
}


@contextmanager
def said_of(path: Place) -> Iterator[None]:
    """Turn SQLite's refusals inside the block into LedgerError. A bug of ours, such as wrong SQL, shows as it is."""
    try:
        yield
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if (sentence := _SENTENCES.get(primary)) is None:
            raise
        kind = LedgerBusy if sentence is _BUSY else LedgerError
        raise kind(sentence.format(path=path)) from error
