"""Forgets a person: their turns, and all that hangs on them, leave the ledger, its log and its backups for good.

Published figures stay: they are of groups. Leaves out who stands behind which pseudonym, which only the keys tell.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger.address import Place
from ledger.backups import backups
from ledger.destroyed import count_removed, newest_call
from ledger.errors import said_of
from ledger.sql import Connection, Upkeep
from ledger.sqlite import open_to_write, rewrite

BUSY_MS = 5000  # how long an erasure waits for who reads


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted."""

    turns: int
    calls: int


class Forgetting:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, upkeep: Upkeep) -> None:
        self._connection = connection
        self._path = path
        self._upkeep = upkeep

    def erasable(self) -> bool:
        """Tell whether deleted rows could leave the files now: nobody reads an older state."""
        with said_of(self._path):
            return self._upkeep.empty_log(BUSY_MS)

    def delete(self, persons: Sequence[str]) -> Forgotten:
        """Delete a person's rows, within a transaction. `persons` are all that stands for them in `turns`."""
        with said_of(self._path):
            newest = newest_call(self._connection)
            forgotten = _deleted(self._connection, persons)
            count_removed(self._connection, self._path, forgotten.calls, newest)
        return forgotten

    def erase(self) -> bool:
        """Let nothing of deleted rows stay in the files; tell whether that could be done. Not in a transaction.

        The ledger is written anew, which takes as long as that takes, and as much room on the disk again: other writers
        wait meanwhile. False: somebody reads an older state.
        """
        with said_of(self._path):
            self._upkeep.rewrite()
            return self._upkeep.empty_log(BUSY_MS)

    def delete_from_backups(self, persons: Sequence[str]) -> int:
        """Delete and erase a person's rows in the backups beside a file; give of how many turns."""
        count = 0
        for backup in backups(self._path) if isinstance(self._path, Path) else ():
            with said_of(backup), closing(open_to_write(backup, BUSY_MS)) as connection:
                count += _deleted(connection, persons).turns
                rewrite(connection)
                connection.execute("PRAGMA journal_mode = DELETE")
        return count


def _deleted(connection: Connection, persons: Sequence[str]) -> Forgotten:
    turns = calls = 0
    for person in persons:
        (of_turns,) = connection.execute(
            "SELECT count(*) FROM calls WHERE turn_id IN (SELECT id FROM turns WHERE person = ?)", (person,)
        ).fetchone()
        calls += of_turns
        turns += connection.execute("DELETE FROM turns WHERE person = ?", (person,)).rowcount
    if "waiting" in connection.tables():
        connection.execute("DELETE FROM waiting")  # for seconds, and it does not say whose they are
    return Forgotten(turns, calls)
