"""Mends a broken ledger: what SQLite can still read goes into a fresh file, and the broken one is set aside.

Read row by row, around what cannot be read, through SQLite itself: that needs no further program, and takes along what
stands in the write-ahead log. Nothing is deleted. Leaves out how it is asked for and said (`assay ledger repair`).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger import migrations
from ledger.errors import LedgerError, said_of
from ledger.files import make_private
from ledger.records import utc
from ledger.sql import writing
from ledger.sqlite import SQLite, open_to_read, open_to_write
from ledger.target import refuse_wrong
from ledger.views import replace_views

BUSY_MS = 5000
HEADER_BYTES = 100
LARGEST = 2**62
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a broken ledger."""

    aside: Path  # where the broken file is now
    rows: dict[str, int]  # that were recovered, by table


def repair(path: Path, now: float) -> Repaired | None:
    """Mend the ledger at `path`; give what was recovered, or None where nothing is wrong with it.

    A proxy that runs meanwhile keeps its calls in its spool and goes on in the mended file. Raises WrongLedger, and
    LedgerError where there is no ledger, another process keeps writing, or the disk has no room for a second file.
    """
    if not path.is_file():
        raise LedgerError(f"there is no ledger at {path}: name it with --db")
    refuse_wrong(path)
    if _is_sound(path):
        return None
    fresh = path.with_name(f".{path.name}.repaired")
    _remove(fresh)
    mended = path.with_name(f".{path.name}.mended")
    lock = _lock(path)
    try:
        with said_of(fresh):
            rows = _recover(path, lock, mended, fresh, now)
        aside = _swap(path, fresh, now)
    except OSError as error:
        raise LedgerError(
            f"the ledger {path} cannot be repaired where it is ({(error.strerror or 'unknown').lower()}): "
            "make room there, or copy its folder elsewhere"
        ) from error
    finally:
        if lock is not None:
            lock.rollback()
            # Never closed: its files have other names now, and SQLite deletes logs by their names.
            _KEPT.append(lock)
        _remove(fresh)
        _remove(mended)
    return Repaired(aside, rows)


_KEPT: list[SQLite] = []


def _is_sound(path: Path) -> bool:
    try:
        with closing(open_to_read(path, BUSY_MS)) as connection:
            return migrations.schema_of(connection, path) > 0 and not connection.faults()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            with said_of(path):
                raise
        return False
    except sqlite3.Error:
        return False


def _lock(path: Path) -> SQLite | None:
    """Keep everybody else from writing. None: it is so broken that nobody can. Raises LedgerBusy."""
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, factory=SQLite)
    try:
        connection.begin()
        connection.tables()
    except sqlite3.DatabaseError as error:
        busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        with suppress(sqlite3.Error):
            connection.rollback()
        connection.close()
        if busy:
            with said_of(path):
                raise
        return None
    return connection


def _recover(path: Path, lock: SQLite | None, mended: Path, fresh: Path, now: float) -> dict[str, int]:
    """Fill a fresh ledger from the broken one."""
    if lock is not None and (schema := _schema(lock, path)):
        return _filled(lock, fresh, schema, now)
    for schema in range(len(migrations.MIGRATIONS), 0, -1):
        _remove(fresh)
        with closing(_with_first_page(path, mended, schema, now)) as source:
            if any((rows := _filled(source, fresh, schema, now)).get(table) for table in ("turns", "calls")):
                return rows
    return rows


def _schema(connection: SQLite, path: Path) -> int:
    try:
        return migrations.schema_of(connection, path)
    except (sqlite3.Error, LedgerError):
        return 0


def _with_first_page(path: Path, mended: Path, schema: int, now: float) -> SQLite:
    """Copy a file whose first page is broken, and give the copy the first page that a fresh one of that schema has.

    It says where the tables begin, which is the same in all of them: `auto_vacuum` keeps them at the front.
    """
    _remove(mended)
    with closing(_fresh(mended, schema, now)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    page = mended.read_bytes()[:4096]
    content = path.read_bytes()
    pages = len(content) // len(page)
    head = page[:28] + pages.to_bytes(4, "big") + bytes(8) + page[40:92] + page[24:28] + page[96:HEADER_BYTES]
    mended.write_bytes(head + page[HEADER_BYTES:] + content[len(page) :])
    return sqlite3.connect(mended, isolation_level=None, factory=SQLite)


def _fresh(path: Path, schema: int, now: float) -> SQLite:
    make_private(path)
    connection = open_to_write(path, BUSY_MS)
    migrations.migrate_to(connection, schema, now)
    return connection


def _filled(source: SQLite, fresh: Path, schema: int, now: float) -> dict[str, int]:
    """Make a fresh ledger of the source's schema, fill it, and bring it to the newest."""
    with closing(_fresh(fresh, schema, now)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        with writing(connection):
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            tables = sorted(name for name in connection.tables() - {"migrations"} if not name.startswith("sqlite_"))
            rows = {table: _copy(source, connection, table) for table in tables}
            _let_go_of_what_is_missing(connection, tables)
            for _, statement in triggers:
                connection.execute(statement)
        connection.execute("PRAGMA foreign_keys = ON")
        migrations.migrate_to(connection, len(migrations.MIGRATIONS), now)
        replace_views(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {table: count for table, count in rows.items() if count}


def _copy(source: SQLite, target: SQLite, table: str) -> int:
    """Copy what can be read of one table; give how many rows. What the target refuses is damaged too."""
    described = target.execute(f"PRAGMA table_info({table})").fetchall()
    columns = [column[1] for column in described]
    key = next((column[1] for column in described if column[5] == 1), None)
    whole = key is not None and next(column[2] for column in described if column[1] == key) == "INTEGER"
    places = ", ".join("?" * len(columns))
    count = 0
    for row in _rows(source, table, columns, key if whole else None):
        with suppress(sqlite3.Error, OverflowError):
            count += target.execute(
                f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 (names of ours)
                row,
            ).rowcount
    return count


def _rows(source: SQLite, table: str, columns: Sequence[str], key: str | None) -> Iterator[tuple[object, ...]]:
    """Read a table in the order of its key, and go on behind what cannot be read.

    Without a key of whole numbers it is read from both its ends.
    """
    names = ", ".join(columns)
    if key is None:
        yield from _until_it_breaks(source, f"SELECT {names} FROM {table}", ())  # noqa: S608
        return
    last, index = -LARGEST, list(columns).index(key)
    while True:
        for row in _until_it_breaks(source, f"SELECT {names} FROM {table} WHERE {key} > ? ORDER BY {key}", (last,)):  # noqa: S608
            last = row[index]  # type: ignore[assignment]
            yield row
        if (behind := _behind(source, table, key, last)) is None:
            return
        last = behind


def _until_it_breaks(source: SQLite, sql: str, values: tuple[int, ...]) -> Iterator[tuple[object, ...]]:
    with suppress(sqlite3.Error):
        yield from source.execute(sql, values)


def _behind(source: SQLite, table: str, key: str, last: int) -> int | None:
    """Find the nearest key behind which rows can be read again. None: there are no more."""
    sql = f"SELECT {key} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT 1"  # noqa: S608

    def readable(after: int) -> bool | None:
        try:
            return source.execute(sql, (after,)).fetchone() is not None
        except sqlite3.Error:
            return None

    if readable(last) is False:
        return None
    low, step = max(last, 0), 1
    while (found := readable(low + step)) is None:
        low, step = low + step, 2 * step
        if step > LARGEST:
            return None
    if not found:
        return None
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if readable(middle) else (middle, high)
    return high


def _let_go_of_what_is_missing(connection: SQLite, tables: Sequence[str]) -> None:
    """Keep calls whose turns are gone, as calls of no turn, and nothing else that points nowhere."""
    for table in tables:
        for _, _, parent, column, to, *_ in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            missing = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {to} FROM {parent})"  # noqa: S608
            if (table, column) == ("calls", "turn_id"):
                connection.execute(f"UPDATE calls SET turn_id = NULL WHERE {missing}")  # noqa: S608
            else:
                connection.execute(f"DELETE FROM {table} WHERE {missing}")  # noqa: S608


def _swap(path: Path, fresh: Path, now: float) -> Path:
    """Give the broken files another name, and the fresh one theirs."""
    stamp = utc(now).partition(".")[0].replace(":", "-")
    aside = path.with_name(f"{path.name}.broken-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.broken-{stamp}-{number}")
    aside.hardlink_to(path)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    fresh.replace(path)  # at no time is there no file of this name
    return aside


def _remove(path: Path) -> None:
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))):
        file.unlink(missing_ok=True)
