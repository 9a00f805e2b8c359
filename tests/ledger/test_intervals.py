"""Intervals of weeks and teams: published ones stand, open ones are drawn of those who are in the figures."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from ledger.intervals import Bounds, Group
from ledger.store import Ledger
from tests.ledger.facts import judged
from tests.ledger.straight import without_guards

OLD, WEEK, NEXT = "2026-11-02", "2026-11-23", "2026-11-30"
OVER = datetime.fromisoformat(f"{NEXT}T00:00:00+00:00").timestamp()


def bounds(db: Path, since: str = "") -> dict[Group, Bounds]:
    with closing(Ledger.read(db)) as reading:
        return reading.intervals.all(since)


def asked(ledger: Ledger, people: int, team: str = "Sales", week: str = WEEK, first: int = 0) -> None:
    for person in range(first, first + people):
        novelty = {"novelty": 0.5 + 0.1 * (person % 5)}
        judged(ledger, 1, turns=2, verdict=novelty, first=person, team=team, at=f"{week}T09:00:00.000Z")


def test_an_open_week_says_what_it_says_once_closed(ledger: Ledger, db: Path) -> None:
    asked(ledger, 12)
    asked(ledger, 11, "Legal", first=12)
    asked(ledger, 3, "Two", first=30)  # in no figure
    before = bounds(db)
    assert set(before) == {(WEEK, None), (WEEK, "Sales"), (WEEK, "Legal")}
    list(ledger.publication.close(OVER))
    assert bounds(db) == before
    with closing(Ledger.read(db)) as reading:
        (week,) = reading.usage("week")
        assert (week.gap_low, week.gap_high) == before[WEEK, None]
        assert week.gap_low is not None
        assert week.gap is not None
        assert week.gap_low < week.gap < (week.gap_high or 0)
        assert [row.gap_low for row in reading.usage("team")] == [before[WEEK, "Legal"][0], before[WEEK, "Sales"][0]]
        assert all(row.gap_low is None for row in reading.usage("category"))
        own = reading.team_usage("Sales")
        assert own
        assert (own[0].gap_low, own[0].gap_high) == before[WEEK, "Sales"]


def test_a_team_of_few_has_none_and_a_small_one_is_not_named(ledger: Ledger, db: Path) -> None:
    asked(ledger, 8)
    asked(ledger, 4, "Two", first=8)
    asked(ledger, 4, "Three", first=12)
    assert set(bounds(db)) == {(WEEK, None)}


def test_older_open_weeks_are_not_drawn(ledger: Ledger, db: Path) -> None:
    """Nobody waits for what grows with the ledger."""
    for week in (OLD, WEEK, NEXT):
        asked(ledger, 10, week=week)
    assert {week for week, _ in bounds(db)} == {WEEK, NEXT}
    assert {week for week, _ in bounds(db, NEXT)} == {NEXT}


def test_weeks_that_were_closed_without_have_none(ledger: Ledger, db: Path) -> None:
    """As those that an older program closed."""
    asked(ledger, 10)
    list(ledger.publication.close(OVER))
    with closing(without_guards(db, "published", "published_stands")) as connection:
        connection.execute("UPDATE published SET gap_low = NULL, gap_high = NULL")
    assert bounds(db) == {}


def test_an_empty_ledger_has_none(ledger: Ledger, db: Path) -> None:
    assert bounds(db) == {}
