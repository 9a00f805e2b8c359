"""Calls that damage destroys are counted, and those that were deleted on purpose are not."""

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ledger.destroyed import WHY, numbers_of
from ledger.pruning import Retention
from ledger.repair import repair
from ledger.store import Ledger
from tests.ledger.closing import close_weeks
from tests.ledger.facts import call, entered
from tests.ledger.straight import rows, straight

NOW = 1_795_600_000.0
OLD = "2026-09-30T09:00:00.000Z"  # its week is the one that is published
CALLS = 60


@pytest.fixture
def filled(db: Path) -> Path:
    """A ledger of so many calls, a person's and an old one's not counted: those are deleted on purpose."""
    with closing(Ledger.open(db)) as ledger:
        for _ in range(20):
            entered(ledger, at=OLD, person="0" * 16)
        for number in range(CALLS):
            entered(ledger, at="2026-11-23T09:00:00.000Z", person=f"{number:016x}")
        for _ in range(5):
            entered(ledger, at="2026-11-23T09:00:00.000Z", person="f" * 16)
    close_weeks(db, OLD[:10].replace("30", "28"))
    with closing(Ledger.open(db)) as ledger:
        assert ledger.pruning.run(Retention(), NOW).rows["calls"] == 20
        with ledger.transaction():
            assert ledger.forgetting.delete(["f" * 16]).calls == 5  # the newest: their ids are handed out again
        ledger.settle()
    assert held(db) == CALLS
    return db


def held(db: Path) -> int:
    return int(rows(db, "SELECT count(*) FROM calls")[0][0])


def lost(db: Path) -> list[tuple[int, str]]:
    return rows(db, "SELECT calls, why FROM lost")


def opened(db: Path) -> None:
    Ledger.open(db).close()


def test_what_was_deleted_on_purpose_is_not_lost(filled: Path) -> None:
    """Whatever is opened, entered and repaired after it."""
    with closing(Ledger.open(filled)) as ledger:
        entered(ledger)
    opened(filled)
    assert repair(filled, NOW) is None
    assert lost(filled) == []


def test_a_deleted_ledger_is_counted_once(filled: Path) -> None:
    """By whoever makes the next one."""
    for file in filled.parent.glob("usage.db*"):
        if file.name in ("usage.db", "usage.db-wal", "usage.db-shm"):
            file.unlink()
    for _ in range(3):
        opened(filled)
    assert lost(filled) == [(CALLS, WHY)]
    with closing(Ledger.open(filled)) as ledger:
        entered(ledger)
    opened(filled)
    assert lost(filled) == [(CALLS, WHY)]


def test_an_older_copy_in_its_place_lacks_what_came_since(filled: Path) -> None:
    """As a log that is gone does."""
    before = filled.read_bytes()
    with closing(Ledger.open(filled)) as ledger:
        for _ in range(7):
            entered(ledger)
        ledger.settle()
    filled.write_bytes(before)
    opened(filled)
    assert lost(filled) == [(7, WHY)]


def a_page_of_calls(db: Path) -> None:
    with closing(straight(db)) as connection:
        (page,) = connection.execute(
            "SELECT max(pageno) FROM dbstat WHERE name = 'calls' AND pagetype = 'leaf'"
        ).fetchone()
    overwrite(db, (page - 1) * 4096, b"\xff" * 4096)


def the_first_page(db: Path) -> None:
    overwrite(db, 0, b"\xff" * 4096)


def the_second_half(db: Path) -> None:
    os.truncate(db, db.stat().st_size // 2 // 4096 * 4096)


def all_of_it(db: Path) -> None:
    overwrite(db, 0, b"\xff" * db.stat().st_size)


def overwrite(db: Path, at: int, data: bytes) -> None:
    with db.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize("spoil", [a_page_of_calls, the_first_page, the_second_half, all_of_it])
def test_what_a_repair_cannot_recover_is_counted(filled: Path, spoil: Callable[[Path], None]) -> None:
    """To the number, and never again."""
    spoil(filled)
    repaired = repair(filled, NOW)
    assert repaired is not None
    assert repaired.lost == CALLS - held(filled)
    assert (repaired.lost > 0) == (spoil is not the_first_page)
    assert lost(filled) == ([(repaired.lost, WHY)] if repaired.lost else [])
    with closing(Ledger.open(filled)) as ledger:
        entered(ledger)
    opened(filled)
    assert sum(calls for calls, _ in lost(filled)) == repaired.lost


def test_without_its_numbers_a_ledger_tells_gaps_from_what_was_deleted(filled: Path) -> None:
    """By what it holds itself; only what was newest is not missed."""
    with closing(straight(filled)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM calls WHERE id IN (30, 31)")
    numbers_of(filled).unlink()
    with closing(straight(filled)) as connection:
        (page,) = connection.execute("SELECT pageno FROM dbstat WHERE name = 'calls_turn_id' LIMIT 1").fetchone()
    overwrite(filled, (page - 1) * 4096, b"\xff" * 4096)
    repaired = repair(filled, NOW)
    assert repaired is not None
    assert repaired.lost == 2


@pytest.mark.parametrize("content", [b"", b"\0" * 24, b"\xff" * 24, b"no numbers"])
def test_numbers_that_are_damaged_make_nothing_look_lost(filled: Path, content: bytes) -> None:
    """They are written anew."""
    numbers = numbers_of(filled)
    sound = numbers.read_bytes()
    numbers.write_bytes(content)
    opened(filled)
    assert lost(filled) == []
    assert numbers.read_bytes() == sound


def test_what_is_undone_is_not_missed(filled: Path) -> None:
    """Neither a call that is not committed nor a deletion that is not."""

    def undone(ledger: Ledger, done: Callable[[], object]) -> None:
        with ledger.transaction():
            done()
            raise RuntimeError

    with closing(Ledger.open(filled)) as ledger:
        for done in (partial(ledger.open_call, call(), None), partial(ledger.forgetting.delete, [f"{CALLS - 1:016x}"])):
            with pytest.raises(RuntimeError):
                undone(ledger, done)
    opened(filled)
    assert lost(filled) == []
