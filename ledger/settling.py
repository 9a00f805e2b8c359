"""What a ledger's file needs besides its rows: that it still lies in its place, and that deleted text leaves it.

Leaves out which text is deleted, which is `store.py`'s.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import said_of
from ledger.presence import Presence
from ledger.sql import writing
from ledger.sqlite import SQLite, rewrite

SLICE = 200  # turns that are closed up at a time, while other writers wait (bench/ledger.py says how long)
MARGIN = 100  # turns: more than lie on the two pages that SQLite may take along when it merges one
BUSY_MS = 50  # writers wait while a settling ledger waits for readers: it does not wait long


class FileUpkeep:
    """One connection's. Every method may raise LedgerError."""

    def __init__(self, connection: SQLite, path: Path, busy_ms: int) -> None:
        self._connection = connection
        self._path = path
        self._busy_ms = busy_ms
        self._presence = Presence(connection, path)
        self._hollow: int | None = None  # the first turn with deleted text whose room is not yet closed up

    def check(self) -> None:
        """Raise Displaced where the file was deleted or replaced."""
        self._presence.check()

    def check_behind(self) -> None:
        """Raise where what a transaction has written cannot be found any more."""
        self._presence.check_behind()

    def let_go(self) -> None:
        """Close the connection."""
        self._presence.let_go()

    def hurry(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's write."""
        with said_of(self._path):
            self._connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        self._busy_ms = busy_ms

    def deleted(self, turn_ids: Sequence[int]) -> None:
        """Remember that these turns' text was deleted."""
        if turn_ids:
            self._hollow = min(turn_ids) if self._hollow is None else min(*turn_ids, self._hollow)

    def settle(self) -> bool:
        """Close up where text was deleted, and empty the write-ahead log; tell whether the log was emptied.

        Deleted text lives on in the log until then. For whoever deletes text to call when it has nothing else to do;
        False while another process reads an older state: then it is worth another try later.
        """
        self.check()
        with said_of(self._path):
            self._close_up()
            return self.empty_log(BUSY_MS)

    def empty_log(self, busy_ms: int) -> bool:
        """Empty the write-ahead log, and wait so long for who reads an older state; tell whether it is empty."""
        log = self._path.with_name(self._path.name + "-wal")
        if not log.exists() or log.stat().st_size == 0:
            return True
        with self._hurried(busy_ms):
            return not self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    def rewrite(self) -> None:
        """Write the file anew: what was deleted, or moved from page to page, is in it no more."""
        self.check()
        rewrite(self._connection)

    @contextmanager
    def _hurried(self, busy_ms: int) -> Iterator[None]:
        self._connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {self._busy_ms}")

    def _close_up(self) -> None:
        """Rewrite some turns whose text was deleted, so that their pages are filled again.

        A row that shrinks leaves its page as empty as it makes it: without this a turn takes three times its room.
        `id = id` makes SQLite take the row out and put it in again, which merges pages that are nearly empty. Rows
        are moved then, and a moved text would leave a copy behind: hence the margin to the first turn with text.
        """
        if self._hollow is None:
            return
        with writing(self._connection):
            (end,) = self._connection.execute(
                "SELECT coalesce((SELECT min(id) FROM turns WHERE text IS NOT NULL) - ?, max(id) + 1, 0) FROM turns",
                (MARGIN,),
            ).fetchone()
            first, last = self._hollow, min(end, self._hollow + SLICE)
            if first < last:
                self._connection.execute("UPDATE turns SET id = id WHERE id >= ? AND id < ?", (first, last))
                self._hollow = last
