"""The report shows outcomes beside value, of several kinds, and says what it cannot tell."""

import csv
import io
import json
from pathlib import Path
from typing import get_args

import pytest

from ledger.outcomes import Outcome
from ledger.store import Ledger
from ledger.usage import Usage
from reports.outcomes.panel import Panel, beside, read_panel
from reports.outcomes.rendering import NO_CAUSE, NO_USAGE, NOTHING, Format, notes, render
from tests.ledger.facts import judged
from tests.reports.outcomes.companies import Truth, company

WEEK = "2026-11-23"


def usage(team: str = "Sales", week: str = WEEK, people: int = 5, value: float | None = 10.0) -> Usage:
    return Usage(team, week, people, 30, 20, value, 0.5, 0.4)


def outcome(metric: str, value: float, team: str = "Sales", source: str = "file", n: int | None = None) -> Outcome:
    return Outcome(team, WEEK, metric, value, source, n, "")


@pytest.fixture
def panel() -> Panel:
    """One team's week with three kinds of outcomes, some of two sources; and what has nothing beside it."""
    outcomes = [
        outcome("changes_merged", 4),
        outcome("changes_merged", 3, source="github:api.github.com"),
        outcome("lead_time_hours", 10, n=1),
        outcome("lead_time_hours", 20, n=3, source="github:api.github.com"),
        outcome("satisfaction", 4.2, n=9),
        outcome("changes_merged", 1, team="Legal"),
        outcome("a metric of a later version", 1),
    ]
    return beside([usage(), usage(week="2026-11-16"), usage("Ops")], outcomes)


def told(effect: float) -> Panel:
    made = company(Truth(effect=effect), 1)
    weeks = {week: f"2026-{1 + week // 4:02d}-{1 + 7 * (week % 4):02d}" for week in range(30)}
    shown = [
        usage(team, weeks[week], round(people), made.value[team][week] * people)
        for team, each in made.people.items()
        for week, people in each.items()
    ]
    outcomes = [
        Outcome(team, weeks[week], metric, value, "file", None, "")
        for metric, teams in made.outcomes.items()
        for team, each in teams.items()
        for week, value in each.items()
    ]
    return beside(shown, outcomes)


def test_side_by_side(panel: Panel) -> None:
    """Sums add up, means are weighted; a week with no outcome is not shown, as value is never alone."""
    (row,) = panel.rows
    assert (row.team, row.week, row.people, row.value, row.value_per_person) == ("Sales", WEEK, 5, 10.0, 2.0)
    assert row.outcomes == {"changes_merged": 7, "lead_time_hours": 17.5, "satisfaction": 4.2}
    assert panel.metrics == ["changes_merged", "lead_time_hours", "satisfaction"]
    assert panel.unmatched == ["Legal"]


def test_too_little_data_is_said(panel: Panel) -> None:
    """And who is not shown."""
    said = notes(panel)
    assert said[0] == "changes_merged: too little data: it takes 6 teams with 8 weeks of both."
    assert "1 team has outcomes but no usage that is shown." in said
    assert NO_CAUSE in said
    assert not any("do not judge by them" in sentence for sentence in said)


def test_one_kind_of_outcome_is_not_enough() -> None:
    said = notes(beside([usage()], [outcome("changes_merged", 4), outcome("issues_closed", 4)]))
    assert any(s.startswith("These outcomes speak to activity alone: do not judge by them until") for s in said)


def test_a_relation_is_said_with_all_that_it_rests_on() -> None:
    """And its direction, beside metrics of which there is none."""
    first, second, third = notes(told(0.9))[:3]
    assert first.startswith(
        "changes_merged: related, for the better: where value is higher it is higher in the same week"
    )
    assert "95% interval +" in first
    assert "; 12 teams, 360 team-weeks)." in first
    for sentence, metric in ((second, "lead_time_hours"), (third, "change_failure_rate")):
        assert sentence.startswith(f"{metric}: no detectable relation (12 teams, ")
        assert " team-weeks); one of 0." in sentence


def test_a_relation_for_the_worse() -> None:
    assert notes(told(-0.9))[0].startswith("changes_merged: related, for the worse: where value is higher it is lower")


@pytest.mark.parametrize("form", get_args(Format))
def test_value_is_never_alone(form: Format) -> None:
    """Without outcomes there is no figure at all, and a sentence that says what to do."""
    for nothing, said in ((beside([usage()], []), NOTHING), (beside([], [outcome("survey", 4)]), NO_USAGE)):
        written = " ".join(render(nothing, form).split())
        assert "10" not in written.replace(said, "")
        assert form == "csv" or said in written


def test_the_csv_file(panel: Panel) -> None:
    """In full, one row a team-week."""
    (row,) = csv.DictReader(io.StringIO(render(panel, "csv")))
    assert row == {
        "team": "Sales", "week": WEEK, "people": "5", "value": "10.0", "value_per_person": "2.0",
        "changes_merged": "7", "lead_time_hours": "17.5", "satisfaction": "4.2",
    }  # fmt: skip


def test_a_team_whose_name_is_a_formula() -> None:
    """Spreadsheets would run it, Markdown would draw it, a terminal would obey it."""
    name = "=1|+\x1b[1m`"
    panel = beside([usage(name)], [outcome("survey", 4, team=name)])
    assert "'=1" in render(panel, "csv")
    assert r"=1\|+?\[1m\`" in render(panel, "markdown")
    assert "\x1b" not in render(panel, "table")


def test_the_document() -> None:
    """Weeks, relations in full, and the notes."""
    document = json.loads(render(told(0.9), "json"))
    assert len(document["weeks"]) == 360
    first = document["relations"][0]
    assert (first["metric"], first["verdict"], first["lag_weeks"], first["teams"]) == (
        "changes_merged",
        "related",
        0,
        12,
    )
    assert first["interval"][0] < first["correlation"] < first["interval"][1]
    assert document["notes"]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_tables(panel: Panel, form: Format) -> None:
    written = " ".join(render(panel, form, 160).split())
    for part in ("Sales", WEEK, "17.5", "too little data", "changes_merged"):
        assert part in written


def test_a_ledger(tmp_path: Path) -> None:
    """Groups of too few people stay hidden, whatever outcomes they have."""
    path = tmp_path / "usage.db"
    ledger = Ledger.open(path)
    judged(ledger, 5)
    judged(ledger, 3, team="Legal")
    ledger.outcomes.enter([outcome("changes_merged", 4), outcome("changes_merged", 2, team="Legal")])
    ledger.close()
    panel = read_panel(path)
    assert [row.team for row in panel.rows] == ["Sales"]
    assert panel.unmatched == ["Legal"]
    with pytest.raises(ValueError, match="since a date"):
        read_panel(path, "yesterday")
