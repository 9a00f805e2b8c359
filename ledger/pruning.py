"""Retention: what is older than its kind is kept is deleted, a few milliseconds at a time, and the file gets smaller.

Turns and calls go only once their week is published, and published rows by whole weeks. Each slice is a transaction of
its own and the next waits for other writers, so that it is safe under load, and to be killed at any point: the next
run goes on. Leaves out texts (`expire_text`) and signatures (`History.forget`), which have times of their own.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from ledger.address import Place
from ledger.backups import backups
from ledger.destroyed import count_removed, newest_call
from ledger.errors import said_of
from ledger.records import utc
from ledger.sql import Connection, writing

DAY = 86_400.0
BACKUP_DAYS = 7  # how long the copy made before a migration stays
OF_A_TURN = ("judgements", "signatures", "traces", "contests", "calls")
SLICE_SECONDS = 0.003  # that a slice aims to hold the write lock: bench/prune.py says what writers feel of it
BREATHS = 6  # slices' time that other writers have between two
SMALLEST, LARGEST = 4, 200  # rows a slice
PAGES = 16  # given back to the disk at a time
SPARE = 50  # one free page in so many stays, as rows to come need them
CHECKPOINT_EVERY = 20  # slices, a passive one: it waits for nobody, and nobody for it


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept."""

    turns_days: float = 30.0  # turns, calls and all that hangs on them
    published_days: float = 400.0
    max_bytes: int = 2_000_000_000  # of the ledger's file: over it the oldest published turns go sooner


@dataclass(slots=True)
class Pruned:
    """What one run has removed so far, and what it could not."""

    rows: dict[str, int] = field(default_factory=dict)  # by table
    backups: int = 0
    bytes_given_back: int = 0
    kept_unpublished: int = 0  # turns older than retention in weeks that are not published
    over_bytes: int = 0  # by which the file is over its cap, as no more turns are published

    def add(self, table: str, rows: int) -> None:
        if rows:
            self.rows[table] = self.rows.get(table, 0) + rows


class Pruning:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path
        self._slice = SMALLEST

    def run(self, retention: Retention, now: float, until: Callable[[], bool] = lambda: False) -> Pruned:
        """Delete what is due, to the end or until told to stop. `now`: Unix seconds."""
        pruned = Pruned()
        for pause in self.slices(retention, now, pruned):
            if until():
                break
            time.sleep(pause)
        return pruned

    def slices(self, retention: Retention, now: float, pruned: Pruned) -> Iterator[float]:
        """Delete slice by slice, adding to `pruned`; give after each how many seconds other writers are to have."""
        steps: Iterator[None] = chain(self._old_turns(retention, now, pruned), self._old_weeks(retention, now, pruned))
        if isinstance(self._path, Path):  # a server gives room back by itself, and is as large as its admins let it be
            steps = self._checkpointed(chain(steps, self._shed(retention, pruned), self._give_back(pruned)))
        begin = time.monotonic()
        for _ in steps:
            yield BREATHS * min(1.0, time.monotonic() - begin)
            begin = time.monotonic()
        if isinstance(self._path, Path):
            pruned.backups += _forget_backups(self._path, now)

    def closed_before(self) -> str | None:
        """Give the Monday before which every week that has rows is published; None: no week is."""
        with said_of(self._path):
            if "weeks" not in self._connection.tables():
                return None
            closed = {week for (week,) in self._connection.execute("SELECT week FROM weeks")}
            first, last = self._connection.execute("SELECT min(at), max(at) FROM turns").fetchone()
            first_call, last_call = self._connection.execute(
                "SELECT min(at), max(at) FROM calls WHERE turn_id IS NULL"
            ).fetchone()
            if not closed:
                return None
            week = _monday(min(filter(None, (first, first_call)), default=max(closed)))
            end = _monday(max(filter(None, (last, last_call)), default=max(closed)))
            while week <= min(end, max(closed)) and (week in closed or not self._rows_of(week)):
                week = _later(week)
        return week

    def _rows_of(self, week: str) -> bool:
        span = (week, _later(week))
        return any(
            self._connection.execute(f"SELECT 1 FROM {rows} at >= ? AND at < ? LIMIT 1", span).fetchone()  # noqa: S608 (SQL of ours)
            for rows in ("turns WHERE", "calls WHERE turn_id IS NULL AND")
        )

    def _old_turns(self, retention: Retention, now: float, pruned: Pruned) -> Iterator[None]:
        old, closed = utc(now - retention.turns_days * DAY), self.closed_before()
        yield from self._turns_before(min(old, closed or ""), pruned)
        with said_of(self._path):
            (pruned.kept_unpublished,) = self._connection.execute(
                "SELECT count(*) FROM turns WHERE at < ?", (old,)
            ).fetchone()

    def _turns_before(self, before: str, pruned: Pruned) -> Iterator[None]:
        while ids := self._ids("SELECT id FROM turns WHERE at < ? ORDER BY at LIMIT ?", before):
            self._delete_turns(ids, pruned)
            yield
        while ids := self._ids("SELECT id FROM calls WHERE turn_id IS NULL AND at < ? LIMIT ?", before):
            with self._timed(), said_of(self._path), writing(self._connection):
                pruned.add("calls", self._delete("calls", "id", ids))
            yield
        with said_of(self._path), writing(self._connection):
            pruned.add("lost", self._connection.execute("DELETE FROM lost WHERE at < ?", (before,)).rowcount)
        for table in OF_A_TURN:  # what another program left when it deleted turns by itself
            orphans = f"SELECT turn_id FROM {table} WHERE turn_id < (SELECT min(id) FROM turns) LIMIT ?"  # noqa: S608
            while ids := self._ids(orphans):
                with self._timed(), said_of(self._path), writing(self._connection):
                    pruned.add(table, self._delete(table, "turn_id", ids))
                yield

    def _old_weeks(self, retention: Retention, now: float, pruned: Pruned) -> Iterator[None]:
        before = _monday(utc(now - retention.published_days * DAY))
        with said_of(self._path):
            weeks = self._connection.execute(
                "SELECT DISTINCT week FROM published WHERE week < ? ORDER BY week", (before,)
            ).fetchall()
        for week in weeks:
            with said_of(self._path), writing(self._connection):
                self._connection.execute(
                    "UPDATE weeks SET pruned_at = ? WHERE week = ? AND pruned_at IS NULL", (utc(now), *week)
                )
                pruned.add("published", self._connection.execute("DELETE FROM published WHERE week = ?", week).rowcount)
            yield

    def _shed(self, retention: Retention, pruned: Pruned) -> Iterator[None]:
        """Delete the oldest turns of published weeks while what the ledger holds is over its cap."""
        closed = self.closed_before() or ""
        while (over := self._used_bytes() - retention.max_bytes) > 0:
            if not (ids := self._ids("SELECT id FROM turns WHERE at < ? ORDER BY at LIMIT ?", closed)):
                pruned.over_bytes = over
                return
            self._delete_turns(ids, pruned)
            yield

    def _give_back(self, pruned: Pruned) -> Iterator[None]:
        """Give free pages back to the disk, but for some that rows to come will take."""
        while True:
            pages, free, size = self._pages()
            if free - PAGES < pages // SPARE:
                return
            with said_of(self._path), writing(self._connection):
                for _ in range(PAGES):  # Python steps a statement without columns once, which frees one page
                    self._connection.execute("PRAGMA incremental_vacuum(1)")
            left = self._pages()[0]
            if left >= pages:
                return  # made by a program without it
            pruned.bytes_given_back += (pages - left) * size
            yield

    def _ids(self, sql: str, *values: str) -> list[int]:
        with said_of(self._path):
            return [row_id for (row_id,) in self._connection.execute(sql, (*values, self._slice))]

    def _delete_turns(self, ids: Sequence[int], pruned: Pruned) -> None:
        with self._timed(), said_of(self._path), writing(self._connection):
            for table in OF_A_TURN:
                pruned.add(table, self._delete(table, "turn_id", ids))
            pruned.add("turns", self._delete("turns", "id", ids))

    def _delete(self, table: str, column: str, ids: Sequence[int]) -> int:
        marks = ", ".join("?" * len(ids))
        newest = newest_call(self._connection) if table == "calls" else 0
        rows = self._connection.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", ids).rowcount  # noqa: S608
        if table == "calls":
            count_removed(self._connection, self._path, rows, newest)
        return rows

    def _used_bytes(self) -> int:
        pages, free, size = self._pages()
        return (pages - free) * size

    def _pages(self) -> tuple[int, int, int]:
        with said_of(self._path):
            pages, free, size = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
        return pages, free, size

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Make the slices to come as large as what is inside shows to be right."""
        begin = time.monotonic()
        yield
        grown = self._slice // 2 if time.monotonic() - begin > SLICE_SECONDS else self._slice + self._slice // 4
        self._slice = min(LARGEST, max(SMALLEST, grown))

    def _checkpointed(self, slices: Iterable[None]) -> Iterator[None]:
        """Let no commit of a slice copy the write-ahead log while others wait: that is done between slices."""
        with said_of(self._path):
            (automatic,) = self._connection.execute("PRAGMA wal_autocheckpoint").fetchone()
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            for number, _ in enumerate(slices, 1):
                if number % CHECKPOINT_EVERY == 0:
                    with said_of(self._path):
                        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                yield
        finally:
            with said_of(self._path):
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {automatic}")


def _forget_backups(ledger: Path, now: float) -> int:
    """Delete the copies that were made before a migration so long ago that nobody goes back. Give how many."""
    old = [path for path in backups(ledger) if path.stat().st_mtime < now - BACKUP_DAYS * DAY]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _monday(at: str) -> str:
    day = date.fromisoformat(at[:10])
    return (day - timedelta(days=day.weekday())).isoformat()


def _later(week: str) -> str:
    return (date.fromisoformat(week) + timedelta(days=7)).isoformat()
