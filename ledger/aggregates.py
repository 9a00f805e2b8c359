"""Copies what is published into an SQLite file of its own, for whoever may see figures but no ledger.

It holds closed weeks, outcomes and the views over them: no row of a person, a turn or a call. The views are those of
the ledger, without its open weeks.
"""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.address import Place
from ledger.errors import LedgerError, said_of
from ledger.files import make_private
from ledger.sql import Connection, statements
from ledger.views import GROUPINGS, closed_usage

TABLES = """
CREATE TABLE published (
    week TEXT NOT NULL,
    team TEXT,
    category TEXT,
    assistant TEXT,
    model TEXT,
    people INTEGER NOT NULL,
    raw_calls INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    judged INTEGER NOT NULL,
    value REAL,
    gap REAL,
    air REAL
) STRICT;
CREATE TABLE weeks (
    week TEXT PRIMARY KEY,
    closed_at TEXT NOT NULL,
    min_group INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    judged INTEGER NOT NULL,
    unattributed INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    measured INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    late INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outcomes (
    team TEXT NOT NULL,
    week TEXT NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    source TEXT NOT NULL,
    n INTEGER,
    unit TEXT,
    PRIMARY KEY (team, week, metric, source)
) STRICT, WITHOUT ROWID;
CREATE VIEW coverage AS
SELECT
    1.0 * sum(judged) / nullif(sum(turns), 0) AS judged,
    1.0 * sum(unreadable) / nullif(sum(calls), 0) AS unreadable,
    1.0 * sum(unattributed) / nullif(sum(turns), 0) AS unattributed,
    1.0 * sum(estimated) / nullif(sum(measured), 0) AS estimated
FROM weeks;
"""


def copy_aggregates(connection: Connection, source: Place, target: Path) -> None:
    """Write the file, for its owner alone, in place of one that was there. Raises LedgerError."""
    aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        if target.exists() and not _is_aggregates(target):
            raise LedgerError(f"{target} is no file of aggregates: name another one with --to")
        make_private(aside)
        _fill(connection, source, aside)
        aside.replace(target)
    except OSError as error:
        what = (error.strerror or "unknown").lower()
        raise LedgerError(f"{target} cannot be written ({what}): name another file with --to") from None
    finally:
        aside.unlink(missing_ok=True)


def _fill(connection: Connection, source: Place, aside: Path) -> None:
    with closing(sqlite3.connect(aside)) as copy:
        for statement in statements(TABLES):
            copy.execute(statement)
        for by in GROUPINGS:
            copy.execute(closed_usage(by))
        for table in ("published", "weeks", "outcomes"):
            columns = [name for _, name, *_ in copy.execute(f"PRAGMA table_info({table})")]
            with said_of(source):
                rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608 (ours)
            copy.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608
        copy.commit()


def _is_aggregates(path: Path) -> bool:
    """Tell whether replacing a file loses nothing: it was written here."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as there:
            tables = {name for (name,) in there.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return tables == {"published", "weeks", "outcomes"}
