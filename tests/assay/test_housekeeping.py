"""Housekeeping is done about hourly, step by step, and never stops the judging."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assay.housekeeping import AT_A_TIME, HOUR, Housekeeping, key_destruction, pruning
from ledger.errors import LedgerError
from ledger.keys import Keys
from ledger.pruning import DAY, Retention
from ledger.records import utc
from ledger.store import Ledger
from tests.assay.running import assay
from tests.assay.test_prune import monday
from tests.ledger.closing import close_weeks
from tests.ledger.facts import entered


class Clock:
    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_is_done_at_once_and_then_about_hourly(clock: Clock) -> None:
    """Also when the clock was set back a day; and to the end whenever asked."""
    begun: list[float] = []

    def step(now: float) -> Iterator[float]:
        begun.append(now)
        yield 0.0

    housekeeping = Housekeeping({"a step": step}, clock)
    for seconds, times in ((0, 1), (1, 1), (HOUR - 2, 1), (1, 2), (-86_400.0, 3), (1, 3)):
        clock.now += seconds
        housekeeping.tidy()
        assert len(begun) == times
    housekeeping.tidy(to_the_end=True)
    assert len(begun) == 4


def test_a_step_that_takes_long_goes_on_where_it_was(clock: Clock) -> None:
    """So that turns which come meanwhile are judged."""
    done: list[int] = []

    def step(now: float) -> Iterator[float]:
        for number in range(3):
            done.append(number)
            yield AT_A_TIME + 0.01

    housekeeping = Housekeeping({"a step": step}, clock)
    for number in range(1, 4):
        housekeeping.tidy()
        assert len(done) == number
    housekeeping.tidy()
    housekeeping.tidy()
    assert done == [0, 1, 2]


def test_a_step_that_fails_is_said_and_counted_and_the_others_are_done(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    """A bug's own words are not said: they may quote a prompt."""
    done = []

    def locked(now: float) -> Iterator[float]:
        yield 0.0
        raise LedgerError("the ledger is locked: try again later")

    def wrong(now: float) -> Iterator[float]:
        raise KeyError("secret words")
        yield 0.0

    def right(now: float) -> Iterator[float]:
        done.append(now)
        yield 0.0

    housekeeping = Housekeeping({"the first": locked, "the second": wrong, "the third": right}, clock)
    for hour in range(2):
        clock.now += hour * HOUR
        housekeeping.tidy()
    assert len(done) == 2
    assert housekeeping.failures == {"the first": 2, "the second": 2}
    said = capfd.readouterr().err
    assert "assay: the first failed: the ledger is locked: try again later\n" in said
    assert "assay: the second failed: this is a bug in Assay (KeyError" in said
    assert "secret" not in said


def test_what_pruning_cannot_do_is_said_when_it_changes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not each hour anew."""
    db = tmp_path / "usage.db"
    with closing(Ledger.open(db)) as ledger:
        step = pruning(ledger.pruning, Retention(), db)
        now = time.time()
        for new in (1, 0, 1):
            for _ in range(new):
                entered(ledger, at=utc(now - 40 * 86_400))
            assert list(step(now)) == []
    kept = [line for line in capfd.readouterr().err.splitlines() if "are kept" in line]
    assert [line.split()[1] for line in kept] == ["1", "2"]


def test_keys_of_periods_that_are_not_kept_are_destroyed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Once, as soon as the last turn of the period is no longer kept."""
    began = Clock.now
    keys = Keys.load_or_create(tmp_path / "key", 1, began)
    step = key_destruction(keys, Retention(turns_days=30))
    for days, found in ((29, True), (40, False), (40, False)):
        assert list(step(began + days * DAY)) == []
        assert (utc(began) >= keys.retained(began + days * DAY)[0]) == found
    said = capfd.readouterr().err
    assert said.count("destroyed the keys") == 1


def test_classify_once_prunes_at_its_end(tmp_path: Path) -> None:
    """And says so."""
    db = tmp_path / "usage.db"
    with closing(Ledger.open(db)) as ledger:
        for weeks in (9, 1):
            entered(ledger, at=f"{monday(weeks)}T09:00:00.000Z")
    close_weeks(db, monday(9))
    done = assay("classify", "--once", "--backend", "rules", "--db", db, home=tmp_path)
    assert done.returncode == 0
    assert "assay: removed 1 judgements, 1 calls, 1 turns\n" in done.stderr
