"""How SQL is run: scripts statement by statement, and writes in transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


def statements(script: str) -> Iterator[str]:
    """Split a script. `executescript` would do it, but it commits first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in one transaction that holds the write lock from its beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk was full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
