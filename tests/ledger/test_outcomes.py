"""Outcomes are entered whole, replaced by what the same source says later, and told by team and week."""

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.outcomes import Cursor, Outcome, week_of
from ledger.store import Ledger

WEEK, NEXT = "2026-11-16", "2026-11-23"


def outcome(**facts: Any) -> Outcome:
    return Outcome(
        **{
            "team": "Sales",
            "week": WEEK,
            "metric": "changes_merged",
            "value": 3.0,
            "source": "file",
            "n": 3,
            "unit": "changes",
            **facts,
        }
    )


def test_what_is_entered_is_told(ledger: Ledger, db: Path) -> None:
    """By week, team, metric and source; from a week on; to readers too."""
    entered = [outcome(), outcome(team="Legal", n=None), outcome(week=NEXT, metric="survey", unit="points")]
    ledger.outcomes.enter(entered)
    told = [entered[1], entered[0], entered[2]]
    assert ledger.outcomes.all() == told
    assert ledger.outcomes.all(NEXT) == told[2:]
    with closing(Ledger.read(db)) as read:
        assert read.outcomes() == told
        assert read.outcomes("2026-11-25") == told[2:]


def test_what_a_source_says_again_replaces_what_it_said(ledger: Ledger) -> None:
    """And leaves the other sources' figures alone."""
    ledger.outcomes.enter([outcome(), outcome(source="github:api.github.com")])
    ledger.outcomes.enter([outcome(value=9.0, n=9)])
    assert [one.value for one in ledger.outcomes.all()] == [9.0, 3.0]


def test_one_that_cannot_be_entered_keeps_the_rest_out(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"(?i)not.null"):
        ledger.outcomes.enter([outcome(), outcome(team=None)])
    assert ledger.outcomes.all() == []


def test_a_week_is_replaced_with_its_cursors(ledger: Ledger) -> None:
    """What the source had of that week is gone, other weeks and sources stay."""
    ledger.outcomes.enter([outcome(source="s"), outcome(source="s", week=NEXT), outcome()])
    ledger.outcomes.replace("s", WEEK, [outcome(source="s", team="Legal")], ["a/b", "a/c"], Cursor(NEXT, False))
    told = [(one.source, one.week, one.team) for one in ledger.outcomes.all()]
    assert told == [("s", WEEK, "Legal"), ("file", WEEK, "Sales"), ("s", NEXT, "Sales")]
    assert ledger.outcomes.cursors("s") == {"a/b": Cursor(NEXT, False), "a/c": Cursor(NEXT, False)}
    ledger.outcomes.replace("s", NEXT, [], ["a/b"], Cursor("2026-11-30", True))
    assert ledger.outcomes.cursors("s")["a/b"] == Cursor("2026-11-30", True)
    assert ledger.outcomes.cursors("other") == {}


@pytest.mark.parametrize(("day", "monday"), [("2026-11-23", NEXT), ("2026-11-29", NEXT), ("2027-01-01", "2026-12-28")])
def test_a_week_is_its_monday(day: str, monday: str) -> None:
    assert week_of(date.fromisoformat(day)) == monday
