"""Closes weeks as publication does, as far as pruning sees it."""

import sqlite3
from contextlib import closing
from pathlib import Path

WEEKS = """
CREATE TABLE IF NOT EXISTS weeks (week TEXT PRIMARY KEY, pruned_at TEXT) STRICT
"""


def close_weeks(db: Path, *weeks: str) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute(WEEKS)
        connection.executemany("INSERT INTO weeks (week) VALUES (?)", [(week,) for week in weeks])
