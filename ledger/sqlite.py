"""SQLite's connections: how a ledger's file is opened for writing and for reading."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# SQLite 3.40 takes the real numbers of STRICT tables without a rowid for NULL, of which those tables have none.
WRONGLY_FOUND = "NULL value in "
SWITCH_SECONDS = 0.01  # between tries to switch to the write-ahead log


class SQLite(sqlite3.Connection):
    """A `Connection` (sql.py)."""

    locks_rows = False

    def begin(self, alone: bool = True) -> None:
        """Begin a transaction. SQLite has one writer: `alone` or not, it waits for its turn now."""
        self.execute("BEGIN IMMEDIATE")

    @contextmanager
    def durable(self) -> Iterator[None]:
        """Let commits within the block wait for the disk."""
        (usual,) = self.execute("PRAGMA synchronous").fetchone()
        self.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self.execute(f"PRAGMA synchronous = {usual}")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that the block reads be of one moment."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.rollback()

    def state(self) -> int:
        """Give a number that is another one once another connection has changed the ledger."""
        return int(self.execute("PRAGMA data_version").fetchone()[0])

    def tables(self) -> set[str]:
        """Name the tables."""
        return {name for (name,) in self._schema("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def views(self) -> dict[str, str]:
        """Give each view's name, and the statement that made it."""
        return dict(self._schema("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))

    def faults(self) -> int:
        """Look the whole file through; give how many faults were found, up to 100."""
        said = [line for (line,) in self.execute("PRAGMA integrity_check(100)")]
        return sum(line != "ok" and not line.startswith(WRONGLY_FOUND) for line in said)

    def make_views(self, views: Mapping[str, str]) -> None:
        """Make views by these statements, in place of those that have their names."""
        for name, statement in views.items():
            self.execute(f"DROP VIEW IF EXISTS {name}")
            self.execute(statement)

    def _schema(self, sql: str) -> list[Any]:
        """Read of the schema. Names that are no text are those of a file that is corrupt."""
        try:
            return self.execute(sql).fetchall()
        except UnicodeDecodeError:
            corrupt = sqlite3.DatabaseError("the schema is no text")
            corrupt.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise corrupt from None


def open_to_write(path: Path, busy_ms: int) -> SQLite:
    """Open a file, or make it. `busy_ms`: how long a write waits for another's. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=busy_ms / 1000, isolation_level=None, factory=SQLite)
    try:
        _prepare(connection, busy_ms)
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path, busy_ms: int) -> SQLite:
    """Open a file that exists for reading only. Raises sqlite3.Error."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=busy_ms / 1000, isolation_level=None, factory=SQLite)


def rewrite(connection: SQLite) -> None:
    """Write a file anew. Only a page that is made anew holds nothing of what was moved over it before."""
    connection.execute("PRAGMA temp_store = FILE")  # memory is not as large as a ledger; it holds no deleted row
    try:
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA temp_store = MEMORY")


def _prepare(connection: SQLite, busy_ms: int) -> None:
    # Only a file without tables takes it; later slices of free pages can then be given back without a rewrite.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _log_ahead(connection, busy_ms)
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last commits, never the file
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # deleted text is overwritten, not only let go
    connection.execute("PRAGMA temp_store = MEMORY")  # no text in temporary files


def _log_ahead(connection: SQLite, busy_ms: int) -> None:
    """Switch to the write-ahead log. Where another process switches too, SQLite refuses at once instead of waiting."""
    end = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(SWITCH_SECONDS)
        else:
            return
