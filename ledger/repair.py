"""Mends a broken ledger: what SQLite can still read goes into a fresh file, and the broken one is set aside.

Read row by row, around what cannot be read, through SQLite itself: that needs no further program, and takes along what
stands in the write-ahead log. Nothing is deleted. Leaves out how it is asked for and said (`assay ledger repair`).
"""

import fcntl
import os
import sqlite3
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger import migrations
from ledger.destroyed import count_unrecovered
from ledger.errors import LedgerBusy, LedgerError, said_of
from ledger.files import make_private
from ledger.presence import LOG_HEAD_BYTES, LOG_MAGICS, log_head
from ledger.records import utc
from ledger.sql import writing
from ledger.sqlite import SQLite, open_to_read, open_to_write
from ledger.target import is_hollow, refuse_wrong
from ledger.views import replace_views

BUSY_MS = 5000
PAGE_BYTES, FRAME_HEAD_BYTES = 4096, 24
HEADER_BYTES, INTERIOR = 100, 5
MOST_PAGES = 2**26  # a broken number is not believed: 256 GB
LARGEST = 2**63 - 1
MOST_GAPS = 10_000  # in one table
WRITE_LOCK_AT = 120  # in the log's index
SOON_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a broken ledger."""

    aside: Path  # where the broken file is now
    rows: dict[str, int]  # that were recovered, by table
    lost: int  # calls that could not be recovered, as far as is known how many there were
    unjudged: int  # turns whose text was deleted with a judgement that could not be recovered


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
    lock = None if is_hollow(path) else _lock(path)
    try:
        with ExitStack() as stack:
            if lock is None:
                stack.enter_context(_writers_kept_out(path))
            with said_of(fresh):
                rows = _recover(path, lock, mended, fresh, now)
                with closing(open_to_write(fresh, BUSY_MS)) as filled:
                    lost = count_unrecovered(filled, path, now)
                unjudged = _unjudged(fresh)
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
    return Repaired(aside, rows, lost, unjudged)


_KEPT: list[SQLite] = []


def _is_sound(path: Path) -> bool:
    if is_hollow(path) or _has_no_log_head(path):
        return False
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
    """Keep everybody else from writing. None: it is so broken that SQLite cannot. Raises LedgerBusy."""
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, factory=SQLite)
    try:
        connection.begin()
    except sqlite3.DatabaseError as error:
        busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        connection.close()
        if busy:
            with said_of(path):
                raise
        return None
    return connection


@contextmanager
def _writers_kept_out(path: Path) -> Iterator[None]:
    """Take SQLite's write lock by hand, where SQLite itself can no longer: who has the ledger open may write on.

    https://www.sqlite.org/walformat.html#locks (2026-11-25): WAL_WRITE_LOCK is one byte of the log's index.
    """
    try:
        descriptor = os.open(path.with_name(path.name + "-shm"), os.O_RDWR)
    except OSError:
        yield  # nobody has it open
        return
    try:
        end = time.monotonic() + BUSY_MS / 1000
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, WRITE_LOCK_AT)
                break
            except OSError:
                if time.monotonic() > end:
                    raise LedgerBusy(
                        f"the ledger {path} is locked by another program: close that program, or try again later"
                    ) from None
                time.sleep(SOON_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _recover(path: Path, lock: SQLite | None, mended: Path, fresh: Path, now: float) -> dict[str, int]:
    """Fill a fresh ledger from the broken one."""
    if lock is not None and not _has_no_log_head(path) and (schema := _schema(lock, path)):
        rows = _filled(lock, fresh, schema, now)
        if _is_enough(rows):
            return rows
    for schema in range(len(migrations.MIGRATIONS), 0, -1):
        _remove(fresh)
        with closing(_with_fresh_schema(path, mended, schema, now)) as source:
            if _is_enough(rows := _filled(source, fresh, schema, now)):
                return rows
    return rows


def _has_no_log_head(path: Path) -> bool:
    """Tell whether the log was emptied and written on. SQLite takes pages of nothing from it, as long as it is open."""
    size, head = log_head(path.with_name(path.name + "-wal"))
    return size > 0 and head[:4] not in LOG_MAGICS


def _is_enough(rows: dict[str, int]) -> bool:
    return any(rows.get(table) for table in ("turns", "calls"))


def _schema(connection: SQLite, path: Path) -> int:
    try:
        return migrations.schema_of(connection, path)
    except (sqlite3.Error, LedgerError):
        return 0


def _with_fresh_schema(path: Path, mended: Path, schema: int, now: float) -> SQLite:
    """Copy a file whose schema cannot be read, and give the copy the pages of it that a fresh one of that schema has.

    They say where the tables begin, which is the same in all of them: `auto_vacuum` keeps them at the front.
    """
    _remove(mended)
    with closing(_fresh(mended, schema, now)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    fresh = [page for (page,) in struct.iter_unpack(f"{PAGE_BYTES}s", mended.read_bytes())]
    pages = _pages(path)
    pages += [bytes(PAGE_BYTES)] * (len(fresh) - len(pages))
    for number in _children(fresh[0]):
        pages[number - 1] = fresh[number - 1]
    first = fresh[0]
    pages[0] = first[:28] + len(pages).to_bytes(4, "big") + bytes(8) + first[40:92] + first[24:28] + first[96:]
    mended.write_bytes(b"".join(pages))
    return sqlite3.connect(mended, isolation_level=None, factory=SQLite)


def _children(first: bytes) -> list[int]:
    """Name the pages below the first, on which a schema stands that has no room there.

    https://www.sqlite.org/fileformat2.html#b_tree_pages (2026-11-25)
    """
    if first[HEADER_BYTES] != INTERIOR:
        return []
    cells = int.from_bytes(first[HEADER_BYTES + 3 : HEADER_BYTES + 5], "big")
    begins = struct.unpack_from(f">{cells}H", first, HEADER_BYTES + 12)
    rightmost = int.from_bytes(first[HEADER_BYTES + 8 : HEADER_BYTES + 12], "big")
    return [*(int.from_bytes(first[begin : begin + 4], "big") for begin in begins), rightmost]


def _pages(path: Path) -> list[bytes]:
    """Read a database page by page, as its log says that they are now.

    Of the log the frames of its newest run count, up to the last one that ends a transaction: the header's two salts
    stand in each of them. https://www.sqlite.org/fileformat2.html#walformat (2026-11-25)
    """
    content = path.read_bytes()
    pages = [content[at : at + PAGE_BYTES].ljust(PAGE_BYTES, b"\0") for at in range(0, len(content), PAGE_BYTES)]
    file = path.with_name(path.name + "-wal")
    log = file.read_bytes() if file.exists() else b""
    open_: dict[int, bytes] = {}
    for at in range(LOG_HEAD_BYTES, len(log) - FRAME_HEAD_BYTES - PAGE_BYTES + 1, FRAME_HEAD_BYTES + PAGE_BYTES):
        number, size = (int.from_bytes(log[at + begin : at + begin + 4], "big") for begin in (0, 4))
        if log[at + 8 : at + 16] != log[16:24] or not 0 < number < MOST_PAGES:
            break
        open_[number] = log[at + FRAME_HEAD_BYTES : at + FRAME_HEAD_BYTES + PAGE_BYTES]
        if size:
            pages += [bytes(PAGE_BYTES)] * (max(open_) - len(pages))
            for page, data in open_.items():
                pages[page - 1] = data
            open_.clear()
    return pages or [bytes(PAGE_BYTES)]


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

    Without a key of whole numbers it is read until it breaks.
    """
    names = ", ".join(columns)
    if key is None:
        yield from _until_it_breaks(source, f"SELECT {names} FROM {table}", ())  # noqa: S608
        return
    last, index = -LARGEST, list(columns).index(key)
    for _ in range(MOST_GAPS):
        for row in _until_it_breaks(source, f"SELECT {names} FROM {table} WHERE {key} > ? ORDER BY {key}", (last,)):  # noqa: S608
            found = row[index]
            if not isinstance(found, int) or found <= last:
                break  # a page that points backwards: it would be read for ever
            last = found
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
    low, step = last, 1
    while (found := readable(low + step)) is None:
        low, step = low + step, 2 * step
        if low + step > LARGEST:
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


def _unjudged(fresh: Path) -> int:
    with closing(open_to_read(fresh, BUSY_MS)) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM turns WHERE text IS NULL AND id NOT IN (SELECT turn_id FROM judgements)"
        ).fetchone()
    return int(count)


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
