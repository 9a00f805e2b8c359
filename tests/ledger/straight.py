"""Straight to a ledger's rows, past our own code, in either store."""

import sqlite3
from typing import Any

import psycopg

from ledger.address import Address, Place
from ledger.postgres import open_to_write
from ledger.sql import Connection
from ledger.sqlite import SQLite

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)  # by the store itself


def straight(place: Place) -> Connection:
    """Connect as any program may. Statements are in SQLite's words, each a transaction of its own."""
    if isinstance(place, Address):
        return open_to_write(place, 5000)
    return sqlite3.connect(place, isolation_level=None, factory=SQLite)


def rows(place: Place, sql: str) -> list[tuple[Any, ...]]:
    """Give what a query finds."""
    connection = straight(place)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
