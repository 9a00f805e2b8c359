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

SLICE = 1000  # emptied texts that are taken away at a time, while other writers wait
MARGIN = 400  # of them: more than lie on the pages that SQLite may take along when it merges one
LARGEST = 2**63 - 1
BUSY_MS = 50  # writers wait while a settling ledger waits for readers: it does not wait long

_EMPTIED = (
    "SELECT turn_id FROM texts WHERE turn_id < coalesce((SELECT min(id) FROM turns WHERE text IS NOT NULL) - ?, ?)"
    " ORDER BY turn_id LIMIT ?"
)


class FileUpkeep:
    """One connection's. Every method may raise LedgerError."""

    def __init__(self, connection: SQLite, path: Path, busy_ms: int) -> None:
        self._connection = connection
        self._path = path
        self._busy_ms = busy_ms
        self._presence = Presence(connection, path)

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

    def delete_texts(self, turn_ids: Sequence[int]) -> None:
        """Overwrite these turns' texts, within a transaction. Their rows stay until no text lies beside them.

        A row that is taken away makes SQLite merge pages, and a text that is moved by it would leave a copy behind, out
        of reach of secure_delete.
        """
        self._connection.executemany(
            "UPDATE texts SET text = '', context = NULL WHERE turn_id = ?", [(turn_id,) for turn_id in turn_ids]
        )

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
        """Take away rows of texts that are deleted, the oldest first, up to those that lie near a text."""
        if self._connection.execute(_EMPTIED, (MARGIN, LARGEST, 1)).fetchone():
            with writing(self._connection):
                self._connection.execute(
                    f"DELETE FROM texts WHERE turn_id IN ({_EMPTIED})",  # noqa: S608 (SQL of ours)
                    (MARGIN, LARGEST, SLICE),
                )
