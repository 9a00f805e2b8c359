"""What strangers' SQL may see: a copy of the ledger's aggregates, on a connection that can do nothing but read it.

A copy, as SQLite cannot keep a query to views of the ledger itself: its authorizer names the view that a table is read
through, but a query that names a common table expression like the view is told apart from it by nothing. What is not
in the copy cannot be read, whatever the query; the guard keeps the query from other files, and from harm.

For the console: `copy_shown(ledger, copy)` now and whenever figures may have changed, `open_guarded(copy)` for each
connection, and each query of a visitor within `time_limit(connection, seconds)`.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ledger.address import Place
from ledger.errors import LedgerError, said_of
from ledger.files import make_private
from ledger.opening import open_to_read
from ledger.sql import Connection, writing
from ledger.sqlite import SQLite
from ledger.views import GROUPINGS, usage_view

# Each of groups that are large enough, or of nobody. In the copy all are tables.
SHOWN: Final = (
    *map(usage_view, GROUPINGS),
    "coverage",
    "queue",
    "classifiers",
    "published",
    "weeks",
    "outcomes",
    "weights",
    "policy",
)

BUSY_SECONDS = 5
STEPS = 10_000  # of SQLite's machine between two looks at the clock
HEAP_BYTES = 256 * 2**20  # of all SQLite in the process: a query that wants more is refused
LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,  # bytes of a text or row: one step cannot take long
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
}

# What a query may read besides SHOWN: what the copy holds of its own names, and JSON.
_READABLE: Final = frozenset({*SHOWN, "sqlite_master", "sqlite_schema", "json_each", "json_tree"})
_PRAGMAS: Final = frozenset(  # that only tell; with a table's or an index's name at most
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
)
_PLAIN_PRAGMAS: Final = frozenset({"schema_version", "data_version", "query_only", "database_list", "encoding"})
# Source: https://www.sqlite.org/lang_corefunc.html and its neighbours (2026-11-25), less what reaches beyond the query.
# `printf` and `format` are left out too: one may take seconds, in a step that nothing stops.
_FUNCTIONS: Final = frozenset(
    """
    abs char coalesce glob hex ifnull iif instr length like likelihood likely lower ltrim max min nullif octet_length
    quote random randomblob replace round rtrim sign soundex sqlite_version substr substring total_changes trim typeof
    unhex unicode unlikely upper zeroblob
    date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
    avg count group_concat string_agg sum total
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    json json_array json_array_length json_extract json_insert json_object json_patch json_remove json_replace json_set
    json_type json_valid json_quote json_group_array json_group_object json_error_position json_pretty -> ->>
    acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
    radians sin sinh sqrt tan tanh trunc
    """.split()  # noqa: SIM905 (a list of so many is not read)
)


def copy_shown(ledger: Place, copy: Path) -> None:
    """Bring the copy to what the ledger shows now, in one transaction: readers see the old or the new figures.

    Makes the copy, for its owner alone, where there is none. Raises LedgerError.
    """
    try:
        make_private(copy)
    except OSError as error:
        raise LedgerError(
            f"{copy} cannot be made ({(error.strerror or 'unknown').lower()}): change the permissions there"
        ) from error
    with said_of(ledger):
        source = open_to_read(ledger, BUSY_SECONDS * 1000)
    with closing(source), closing(_connect(copy, "rw")) as target:
        with said_of(copy):
            target.execute("PRAGMA journal_mode = WAL")
            target.execute("PRAGMA secure_delete = ON")
        with said_of(ledger), source.snapshot():
            there = source.tables() | source.views().keys()
            for_copy = {name: _rows(source, name) for name in SHOWN if name in there}
        with said_of(copy), writing(target):
            for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                target.execute(f"DROP TABLE {_quoted(name)}")
            for name, (columns, rows) in for_copy.items():
                target.execute(f"CREATE TABLE {name} ({', '.join(map(_quoted, columns))})")
                marks = ", ".join("?" * len(columns))
                target.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 (names of ours)


def open_guarded(copy: Path) -> sqlite3.Connection:
    """Open a copy for strangers' SQL. Raises LedgerError."""
    with said_of(copy):
        connection = _connect(copy, "ro")
        try:
            guard(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def guard(connection: sqlite3.Connection) -> None:
    """Let a connection to a copy do nothing but read it: no other file, no setting, no function that does anything.

    Refused statements raise sqlite3.DatabaseError ("not authorized", or "access to … is prohibited").
    """
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA hard_heap_limit = {HEAP_BYTES}")
    connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')").close()  # their first use writes the schema
    for limit, most in LIMITS.items():
        connection.setlimit(limit, most)
    connection.set_authorizer(_allowed)


@contextmanager
def time_limit(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Stop what the block asks of the connection after so many seconds, its fetches included; LedgerError then."""
    end = time.monotonic() + seconds
    late = False

    def look() -> bool:
        nonlocal late
        late = time.monotonic() > end
        return late

    connection.set_progress_handler(look, STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if not late:
            raise
        raise LedgerError(f"the query took more than {seconds:g} seconds: ask for less") from error
    finally:
        connection.set_progress_handler(None, 0)


def _allowed(action: int, first: str | None, second: str | None, schema: str | None, _: str | None) -> int:
    return sqlite3.SQLITE_OK if _is_allowed(action, (first or "").lower(), second, schema) else sqlite3.SQLITE_DENY


def _is_allowed(action: int, first: str, second: str | None, schema: str | None) -> bool:
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
        return True
    if action == sqlite3.SQLITE_READ:  # no column and no schema: rows are counted, maybe of the query's own table
        return (schema in ("main", None) and first in _READABLE) or (second, schema) == ("", None)
    if action == sqlite3.SQLITE_FUNCTION:
        return (second or "").lower() in _FUNCTIONS
    if action == sqlite3.SQLITE_PRAGMA:
        return first in _PRAGMAS or (first in _PLAIN_PRAGMAS and second is None)
    return False


def _connect(path: Path, mode: str) -> SQLite:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with said_of(path):
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, factory=SQLite)


def _rows(source: Connection, name: str) -> tuple[list[str], list[tuple[object, ...]]]:
    found = source.execute(f"SELECT * FROM {name}")  # noqa: S608 (names of ours)
    return [column[0] for column in found.description or ()], found.fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
