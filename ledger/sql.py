"""How SQL is run: over a connection to either store, scripts statement by statement, and writes in transactions.

There is one text of each statement, as SQLite takes it: `?`, `?1` or `:name` stand for values, `INTEGER` holds whole
numbers and what is true or false (as 1 or 0), and what PostgreSQL says otherwise is said in `postgres_words.py`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement wrote; of `executemany`, all its statements together."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """The columns: the name of each comes first."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """One connection to a ledger. Outside of a transaction each statement is one of its own."""

    @property
    def Error(self) -> type[Exception]:  # noqa: N802 (PEP 249)
        """What statements raise that the store does not understand, or refuses."""

    @property
    def in_transaction(self) -> bool: ...
    @property
    def locks_rows(self) -> bool:
        """Whether transactions that write can run side by side, each locking the rows that it claims."""

    def execute(self, sql: str, values: Values = (), /) -> Rows: ...
    def executemany(self, sql: str, values: Iterable[Values], /) -> Rows: ...

    def begin(self, alone: bool = True) -> None:
        """Begin a transaction. `alone`: no other one that is `alone` runs until it ends, on whatever machine."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...

    def durable(self) -> AbstractContextManager[None]:
        """Let commits within the block wait for the disk, where they usually do not."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that the block reads be of one moment."""

    def state(self) -> int:
        """Give a number that is another one once another connection has changed the ledger."""

    def faults(self) -> int:
        """Look all that is stored through, where that is ours to do; give how many faults were found, up to 100."""

    def tables(self) -> set[str]: ...

    def views(self) -> dict[str, str]:
        """Give each view's name, and the statement that made it."""

    def make_views(self, views: Mapping[str, str]) -> None:
        """Make views by these statements, in place of those that have their names. Within a transaction."""


class Upkeep(Protocol):
    """What a store needs besides its rows. Every method may raise LedgerError."""

    def check(self) -> None:
        """Raise where the connection no longer writes into the ledger."""

    def check_behind(self) -> None:
        """Raise where what a transaction has written is not in the ledger, once it is committed."""

    def let_go(self) -> None:
        """Close the connection."""

    def hurry(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's write."""

    def delete_texts(self, turn_ids: Sequence[int]) -> None:
        """Delete these turns' texts, within a transaction."""

    def settle(self) -> bool:
        """Let deleted text leave the store for good; tell whether all of it has."""

    def empty_log(self, busy_ms: int) -> bool:
        """Let nothing of the past stay beside the store; tell whether it could be done within that time."""

    def rewrite(self) -> None:
        """Let nothing stay in the store of rows that were deleted or moved."""


def statements(script: str) -> Iterator[str]:
    """Split a script. `executescript` would do it, but it commits first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


@contextmanager
def writing(connection: Connection, alone: bool = True) -> Iterator[None]:
    """Run the block in one transaction, which holds the write lock from its beginning.

    Not `alone`: it holds it from its first write, where the store has one. PostgreSQL has none then: rows are locked.
    """
    connection.begin(alone)
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk was full
            connection.rollback()
        raise
    connection.commit()
