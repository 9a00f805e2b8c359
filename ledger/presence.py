"""Whether a ledger's files still lie where they were opened. SQLite itself writes on into files that nobody finds.

Leaves out what to do about it, which is to open the ledger again.
"""

import ctypes
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from ledger.errors import LedgerError

Identity = tuple[int, int]
# https://www.sqlite.org/fileformat2.html#walformat (2026-11-25)
LOG_HEAD_BYTES, LOG_MAGICS = 32, (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
RESCUES = 20  # tries, each of which waits as long as a write does


class Displaced(LedgerError):  # noqa: N818 - it says what happened to the file
    """The ledger's file was deleted or replaced since it was opened. Opening it again helps."""


class Presence:
    """Remembers which files a connection has opened: the database, its write-ahead log and the log's index."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._index = path.with_name(path.name + "-shm")
        self._opened = self._found()
        self._size = 0
        self._log_seen = (0, b"")  # its size and head
        self._broken = False

    def check(self) -> None:
        """Raise Displaced where a file was deleted or replaced, LedgerError where it was emptied. Costs little."""
        found = self._found()
        if found == self._opened:
            if self._is_cut() or self._log_is_cut():
                raise self._corrupt()
            return
        if found[0] == self._opened[0]:
            if self._mode() != "wal":
                return  # an admin's program has put the log away in good order
            if found == (self._opened[0], None, self._opened[2]):
                self._rescue()
        if found[0] is None and self._path.is_file():
            raise self._corrupt()
        raise Displaced(f"the ledger {self._path} was deleted or replaced while it was open: it is opened again")

    def check_behind(self) -> None:
        """Raise as `check` does, once a transaction is committed: only where what it wrote cannot be found any more."""
        found = self._found()
        if found[:2] == self._opened[:2]:
            if self._log_is_cut():
                raise self._corrupt()
            return  # the log's index alone is gone, which is made anew from the log
        if found == (self._opened[0], None, self._opened[2]) and (self._mode() != "wal" or self._rescue()):
            return
        self.check()

    def let_go(self) -> None:
        """Close the connection; where its files were replaced, keep it for ever.

        The last connection to close deletes the log by its name, which by then is another ledger's; and it moves into
        the database what it takes for the log's content, which a log that was cut has no more.
        """
        if not self._broken and (self._found() == self._opened or self._mode() != "wal"):
            self._connection.close()
        else:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def _is_cut(self) -> bool:
        """Tell a file that was cut short from one that gave room back, as it then has fewer pages too.

        SQLite itself would go on with the pages that it remembers.
        """
        try:
            size = os.stat(self._path).st_size  # noqa: PTH116
            before, self._size = self._size, size
            if size >= before:
                return False
            (pages,), (page,) = (
                self._connection.execute(f"PRAGMA {of}").fetchone() for of in ("page_count", "page_size")
            )
        except (OSError, sqlite3.Error):
            return False
        return bool(pages * page >= before)

    def _log_is_cut(self) -> bool:
        """Tell a log that was cut short or emptied from one that SQLite has emptied, which begins with a new head.

        SQLite itself would go on behind the gap, and find nothing of that again.
        """
        size, head = log_head(self._log)
        before, self._log_seen = self._log_seen, (size, head)
        return (size > 0 and head[:4] not in LOG_MAGICS) or (0 < size < before[0] and head == before[1])

    def _corrupt(self) -> LedgerError:
        self._broken = True
        return LedgerError(f"the ledger {self._path} is corrupt: mend it (assay ledger repair --db {self._path})")

    def _rescue(self) -> bool:
        """Move into the database what stands in a log that was deleted, as long as nobody has begun another.

        Tells whether all of it was moved: somebody who reads an older state may be in the way for a while.
        """
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _ in range(RESCUES):
                busy, frames, moved = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy or (frames == moved and frames > 0):
                    return True
        return False

    def _mode(self) -> str:
        try:
            return str(self._connection.execute("PRAGMA journal_mode").fetchone()[0])
        except sqlite3.Error:
            return "wal"

    def _found(self) -> tuple[Identity | None, Identity | None, Identity | None]:
        return _identity(self._path, least=1), _identity(self._log), _identity(self._index)


def log_head(log: Path) -> tuple[int, bytes]:
    """Read the size of a write-ahead log and its head; 0 and nothing where there is none."""
    try:
        descriptor = os.open(log, os.O_RDONLY)
    except OSError:
        return 0, b""
    try:  # SQLite has no locks on this file that closing it could drop
        return os.fstat(descriptor).st_size, os.pread(descriptor, LOG_HEAD_BYTES, 0)
    finally:
        os.close(descriptor)


def _identity(path: Path, least: int = 0) -> Identity | None:
    """Tell which file lies there. None: there is none, or it has fewer bytes than it must have."""
    try:
        found = os.stat(path)  # noqa: PTH116 (several times as fast, and called for each write)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size >= least else None
