"""What is older than it is kept goes, and nothing else, whoever writes or kills meanwhile."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from ledger.backups import backup_of
from ledger.pruning import DAY, PAGES, Pruned, Retention
from ledger.records import Signature, utc
from ledger.sql import Connection
from ledger.sqlite import SQLite
from ledger.store import Ledger
from tests.ledger.closing import close_weeks
from tests.ledger.facts import call, entered, judgement
from tests.ledger.straight import straight

NOW = datetime.fromisoformat("2026-11-25T12:00:00+00:00").timestamp()  # a Wednesday
WEEKS = ("2026-09-28", "2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09")
TABLES = ("turns", "calls", "judgements", "signatures", "traces", "contests", "lost", "published")


def ago(days: float) -> str:
    return utc(NOW - days * DAY)


def whole(ledger: Ledger, days: float) -> int:
    """Enter a turn of so many days ago with one row of each kind, and two calls."""
    turn_id = entered(ledger, calls=2, at=ago(days))
    ledger.traces.leave(f"{turn_id:016x}", turn_id, ago(days))
    ledger.judge([judgement(turn_id)], signatures=[Signature(turn_id, "test-1", b"s" * 200)])
    return turn_id


@pytest.fixture
def connection(ledger: Ledger, db: Path) -> Iterator[Connection]:
    with closing(straight(db)) as connection:
        yield connection


def counted(connection: Connection) -> dict[str, int]:
    rows = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    return {table: count for table, count in rows.items() if count}


def pruned_by(ledger: Ledger, retention: Retention | None = None) -> Pruned:
    return ledger.pruning.run(retention or Retention(), NOW)


def test_turns_go_with_all_that_hangs_on_them(ledger: Ledger, db: Path, connection: Connection) -> None:
    """To the millisecond after as many days as they are kept."""
    close_weeks(db, *WEEKS)
    young = [whole(ledger, 29.9), whole(ledger, 30)]
    for _ in range(3):
        old = whole(ledger, 30 + 0.001 / DAY)
    ledger.open_call(call(at=ago(31)), None)
    ledger.spools.lose(ago(31), 2, "no room")
    connection.execute("INSERT INTO contests (turn_id, at, reason) VALUES (?, ?, 'why')", (old, ago(30)))
    before = counted(connection)
    pruned = pruned_by(ledger)
    gone = {"judgements": 3, "signatures": 3, "traces": 3, "contests": 1, "calls": 7, "turns": 3, "lost": 1}
    assert pruned.rows == gone
    left = {table: count - gone.get(table, 0) for table, count in before.items() if count > gone.get(table, 0)}
    assert counted(connection) == left
    assert [turn_id for (turn_id,) in connection.execute("SELECT id FROM turns")] == young
    assert pruned.kept_unpublished == 0
    assert pruned_by(ledger) == Pruned()


@pytest.mark.parametrize(
    ("closed", "left"),
    [
        ((), 3),
        (WEEKS[1:], 3),  # the first is not: nothing behind it goes
        ((WEEKS[0], WEEKS[2]), 2),
        (WEEKS[:2], 1),
        (WEEKS[:1], 2),
        (WEEKS, 0),
    ],
)
def test_what_is_not_published_is_kept_and_said(
    ledger: Ledger, db: Path, connection: Connection, closed: tuple[str, ...], left: int
) -> None:
    """However old it is; a week without rows holds nothing up."""
    for week in (WEEKS[0], WEEKS[1], WEEKS[3]):
        entered(ledger, at=f"{week}T09:00:00.000Z")
    if closed:
        close_weeks(db, *closed)
    assert pruned_by(ledger).kept_unpublished == left
    assert counted(connection).get("turns", 0) == left


def test_a_week_with_calls_of_no_turn_alone_is_kept_until_it_is_published(ledger: Ledger, db: Path) -> None:
    """They are raw calls of its figures."""
    ledger.open_call(call(at=f"{WEEKS[0]}T09:00:00.000Z"), None)
    close_weeks(db, *WEEKS[1:])
    assert pruned_by(ledger).rows == {}
    close_weeks(db, WEEKS[0])
    assert pruned_by(ledger).rows == {"calls": 1}


def test_published_weeks_go_whole(ledger: Ledger, db: Path, connection: Connection) -> None:
    """The week in which their time ends stays to its end."""
    weeks = ["2025-10-13", "2025-10-20", "2025-10-27"]  # 400 days ago is a Tuesday: 2025-10-21
    for week in weeks:
        for team in ("Sales", None):
            connection.execute(
                "INSERT INTO published (week, team, people, raw_calls, turns) VALUES (?, ?, 5, 9, 7)", (week, team)
            )
    close_weeks(db, *weeks)
    assert pruned_by(ledger).rows == {"published": 2}
    assert connection.execute("SELECT DISTINCT week FROM published ORDER BY 1").fetchall() == [
        ("2025-10-20",),
        ("2025-10-27",),
    ]
    pruned_at = connection.execute("SELECT week FROM weeks WHERE pruned_at IS NOT NULL").fetchall()
    assert pruned_at == [("2025-10-13",)]


class TestCap:
    """The size of the file."""

    def test_the_oldest_published_turns_go_first(self, ledger: Ledger, db: Path, connection: Connection) -> None:
        """And no more of them than it takes."""
        for days in range(29, 8, -1):
            for _ in range(20):
                whole(ledger, days)
        close_weeks(db, *WEEKS, "2026-11-16")
        used = ledger.pruning._used_bytes()
        pruned = pruned_by(ledger, Retention(max_bytes=used - 100_000))
        assert 0 < pruned.rows["turns"] < 400
        assert pruned.over_bytes == 0
        assert ledger.pruning._used_bytes() <= used - 100_000
        assert connection.execute("SELECT min(id) FROM turns").fetchone() == (pruned.rows["turns"] + 1,)

    def test_what_is_not_published_stays_and_is_said(self, ledger: Ledger, db: Path, connection: Connection) -> None:
        """Published figures stay too."""
        connection.execute(f"INSERT INTO published (week, people, raw_calls, turns) VALUES ('{WEEKS[-1]}', 5, 9, 7)")
        close_weeks(db, WEEKS[-1])
        for _ in range(50):
            whole(ledger, 3)
        pruned = pruned_by(ledger, Retention(max_bytes=1000))
        assert pruned.rows == {}
        assert pruned.over_bytes > 0
        assert counted(connection)["turns"] == 50
        assert counted(connection)["published"] == 1


def test_free_pages_are_given_back(ledger: Ledger, db: Path) -> None:
    """The file shrinks without being rewritten, and writers go on."""
    for _ in range(600):
        whole(ledger, 40)
    close_weeks(db, *WEEKS)
    ledger.settle()
    before = db.stat().st_size
    pruned = pruned_by(ledger)
    ledger.settle()
    assert pruned.bytes_given_back == before - db.stat().st_size
    assert db.stat().st_size < before / 2


def test_free_pages_are_given_back_some_at_a_time(ledger: Ledger, db: Path, connection: Connection) -> None:
    """As many as a slice is to take, so that a large ledger shrinks in as few as it needs."""
    for _ in range(600):
        whole(ledger, 40)
    for table in ("signatures", "judgements"):
        connection.execute(f"DELETE FROM {table}")
    before, _, size = ledger.pruning._pages()
    pruned = Pruned()
    slices = sum(1 for _ in ledger.pruning._give_back(pruned))
    freed = before - ledger.pruning._pages()[0]
    assert pruned.bytes_given_back == freed * size
    assert freed == PAGES * slices > PAGES


def test_others_write_between_slices(ledger: Ledger, db: Path, connection: Connection) -> None:
    """No lock is held from one to the next, and what is written meanwhile stays."""
    for _ in range(60):
        whole(ledger, 40)
    close_weeks(db, *WEEKS)
    connection.execute("PRAGMA busy_timeout = 0")
    pauses = 0
    for pause in ledger.pruning.slices(Retention(), NOW, Pruned()):
        assert pause > 0
        pauses += 1
        connection.execute(
            "INSERT INTO calls (at, assistant, kind, request_bytes) VALUES (?, 'a', 'unreadable', 1)", (ago(0),)
        )
    assert pauses > 5
    assert counted(connection) == {"calls": pauses}


def test_it_stops_when_told(ledger: Ledger, db: Path, connection: Connection) -> None:
    """After the slice that it is at."""
    for _ in range(60):
        whole(ledger, 40)
    close_weeks(db, *WEEKS)
    pruned = ledger.pruning.run(Retention(), NOW, until=lambda: True)
    assert 0 < pruned.rows["turns"] < 60
    assert counted(connection)["turns"] == 60 - pruned.rows["turns"]


def test_rows_without_their_turn_go(ledger: Ledger, db: Path, connection: Connection) -> None:
    """Which a program leaves that deletes turns without a thought for what hangs on them."""
    for days in (5, 4, 3):
        whole(ledger, days)
    connection.execute("DELETE FROM turns WHERE id < 3")
    pruned = pruned_by(ledger)
    assert pruned.rows == {"judgements": 2, "signatures": 2, "traces": 2, "calls": 4}
    assert connection.execute("SELECT count(*) FROM calls WHERE turn_id = 3").fetchone() == (2,)


def test_backups_of_before_a_migration_go_after_a_week(ledger: Ledger, db: Path) -> None:
    """Nobody goes back so far, and they hold what is deleted in the ledger itself."""
    old, young = backup_of(db, 1), backup_of(db, 2)
    for path, days in ((old, 7.1), (young, 6.9)):
        path.write_bytes(b"backup")
        os.utime(path, (NOW - days * DAY,) * 2)
    assert pruned_by(ledger).backups == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_it_may_be_killed_at_any_point(ledger: Ledger, db: Path, connection: Connection) -> None:
    """Each turn is there with all its rows or gone with them, and the next run goes on."""
    chance = random.Random(7)
    for number in range(300):
        whole(ledger, 40 if number % 3 else 5)
    close_weeks(db, *WEEKS)
    command = [sys.executable, "-m", "tests.ledger.pruning_process", str(db), str(NOW)]
    ends = []
    for _ in range(8):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout
            for _ in range(chance.randint(1, 6)):
                process.stdout.readline()
            process.kill()
        ends.append(process.returncode)
        if isinstance(connection, SQLite):
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        turns = counted(connection)["turns"]
        assert counted(connection) == {
            "turns": turns,
            "calls": 2 * turns,
            "judgements": turns,
            "signatures": turns,
            "traces": turns,
        }
    assert -9 in ends
    pruned_by(ledger)
    assert counted(connection)["turns"] == 100
