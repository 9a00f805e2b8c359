"""Straight to a ledger's rows, past our own code, in either store."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from ledger.address import Address, Place
from ledger.files import make_private
from ledger.migrations import migrate_to
from ledger.postgres import open_to_write
from ledger.sql import Connection
from ledger.sqlite import SQLite

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)  # by the store itself


def straight(place: Place) -> Connection:
    """Connect as any program may. Statements are in SQLite's words, each a transaction of its own."""
    if isinstance(place, Address):
        return open_to_write(place, 5000)
    return sqlite3.connect(place, isolation_level=None, factory=SQLite)


def of_schema(place: Place, schema: int) -> None:
    """Make a ledger as an older Assay made it."""
    if isinstance(place, Path):
        make_private(place)
    with closing(straight(place)) as connection:
        migrate_to(connection, schema, 0.0)


def without_guards(place: Place, table: str, *triggers: str) -> Connection:
    """Connect as who may take a table's guards away, and has."""
    connection = straight(place)
    for trigger in triggers:
        connection.execute(f"DROP TRIGGER {trigger}{f' ON {table}' if isinstance(place, Address) else ''}")
    return connection


def columns(connection: Connection, name: str) -> list[str]:
    """Name the columns of a table or view."""
    return [column[0] for column in connection.execute(f"SELECT * FROM {name} LIMIT 0").description or ()]


def rows(place: Place, sql: str) -> list[tuple[Any, ...]]:
    """Give what a query finds."""
    connection = straight(place)
    try:
        found = connection.execute(sql)
        return found.fetchall() if found.description else []
    finally:
        connection.close()
