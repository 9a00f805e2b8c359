"""Copies what readers of figures may see into a database of its own.

A reader's SQL then cannot reach a person's rows, as they are not there; it cannot slow down those who write the ledger;
and it is SQLite, whatever keeps the ledger.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ledger.files import make_private
from ledger.sql import writing
from ledger.usage import ReadLedger, Relation


def copy_aggregates(ledger: ReadLedger, to: Path) -> None:
    """Make the database at `to` hold what SHARED names, and nothing else. Who reads it meanwhile sees what was there
    before. Raises LedgerError, OSError and sqlite3.Error.
    """
    relations = list(ledger.shared())
    make_private(to)
    with closing(sqlite3.connect(to, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        with writing(connection):
            _replace(connection, relations)


def _replace(connection: sqlite3.Connection, relations: Iterable[Relation]) -> None:
    """Tables are made anew only where their columns have changed: who has them open need not learn them again."""
    there = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    for relation in relations:
        columns = ", ".join(f'"{column}"' for column in relation.columns)
        create = f'CREATE TABLE "{relation.name}" ({columns})'
        if (old := there.pop(relation.name, None)) != create:
            if old is not None:
                connection.execute(f'DROP TABLE "{relation.name}"')
            connection.execute(create)
        connection.execute(f'DELETE FROM "{relation.name}"')  # noqa: S608 (names of ours)
        marks = ", ".join("?" * len(relation.columns))
        connection.executemany(f'INSERT INTO "{relation.name}" VALUES ({marks})', relation.rows)  # noqa: S608
    for name in there:
        connection.execute(f'DROP TABLE "{name}"')
