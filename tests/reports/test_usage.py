"""The report says value beside raw calls, to people and to machines, and never who."""

import csv
import io
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from ledger.store import Ledger, LedgerError
from ledger.usage import GROUPINGS, Coverage, Grouping, Usage
from reports.usage import Format, Report, notes, read_report, render
from tests.ledger.facts import call, entered, judged

FORMATS: tuple[Format, ...] = get_args(Format)
ROW = Usage("Sales", "2026-11-23", 12, 34_567, 1_234, 456.789, 0.62983, 0.4149)
WAITING = Usage("Legal", "2026-11-23", 5, 9, 7, None, None, None)


def report(*rows: Usage, **facts: Any) -> Report:
    return Report(
        **{
            "by": "team",
            "since": None,
            "rows": rows,
            "empty": not rows,
            "min_group": 5,
            "coverage": Coverage(judged=0.984, unreadable=0.01, unattributed=0.25, estimated=0.0),
            **facts,
        }
    )


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "usage.db"
    ledger = Ledger.open(path)
    judged(ledger, 5, turns=2, calls=3)
    judged(ledger, 3, first=5, team="Legal")
    ledger.open_call(call(kind="unreadable"), None)
    ledger.close()
    return path


class TestForPeople:
    """Rounded, with units."""

    def test_the_table(self) -> None:
        """Thousands are set apart; shares are percent; what is not known is a dash, not 0."""
        written = render(report(ROW, WAITING))
        cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in written.splitlines() if "│" in line]
        assert cells == [
            ["Sales", "2026-11-23", "12", "34,567", "1,234", "456.8", "63 %", "41 %"],
            ["Legal", "2026-11-23", "5", "9", "7", "-", "-", "-"],
        ]
        (heads,) = [line for line in written.splitlines() if "Week" in line and "┃" in line]
        assert [head.strip() for head in heads.split("┃")[1:-1]] == [
            "Team", "Week", "People", "Raw calls", "Turns", "Value", "Gap", "Air",
        ]  # fmt: skip

    def test_the_markdown_table(self) -> None:
        """The same cells, figures to the right."""
        lines = render(report(ROW), "markdown").splitlines()
        assert lines[:3] == [
            "| Team | Week | People | Raw calls | Turns | Value | Gap | Air |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| Sales | 2026-11-23 | 12 | 34,567 | 1,234 | 456.8 | 63 % | 41 % |",
        ]

    @pytest.mark.parametrize("kind", ["table", "markdown"])
    def test_what_to_know_stands_below(self, kind: Format) -> None:
        """Units, coverage, and what is not shown."""
        written = " ".join(render(report(ROW, min_group=8), kind).split())
        assert "Value is in turns of full worth; the gap is 1 - value / judged turns" in written
        assert "Of all turns 98 % are judged and 25 % have no team; 1 % of all calls could not be read." in written
        assert "Groups of fewer than 8 people are shown together as (small groups), or left out." in written

    def test_estimates_are_said(self) -> None:
        """Only where there are any."""
        coverage = Coverage(judged=1.0, unreadable=0.0, unattributed=0.0, estimated=0.5)
        assert "the tokens of 50 % are estimates." in notes(report(ROW, coverage=coverage))[1]

    def test_by_week_there_is_no_group(self) -> None:
        """The week is the group."""
        row = Usage("2026-11-23", "2026-11-23", 12, 3, 2, 1.0, 0.5, 0.5)
        lines = render(report(row, by="week"), "markdown").splitlines()
        assert lines[:3] == [
            "| Week | People | Raw calls | Turns | Value | Gap | Air |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| 2026-11-23 | 12 | 3 | 2 | 1.0 | 50 % | 50 % |",
        ]
        assert "2026-11-23 │     12 │" in render(report(row, by="week"))

    def test_names_from_the_wire_do_nothing(self) -> None:
        """A model's name is whatever a client sent: no colours, no escapes, no markup, no new columns."""
        row = Usage("[red]a\x1b[31m|b<i>`\n", "2026-11-23", 5, 1, 1, 1.0, 0.0, 0.0)
        assert "[red]a?[31m|b<i>`?" in render(report(row, by="model"))
        (line,) = [line for line in render(report(row, by="model"), "markdown").splitlines() if "red" in line]
        assert line.startswith(r"| \[red]a?\[31m\|b\<i>\`? | 2026")


class TestForMachines:
    """In full, under the views' own names."""

    def test_json(self) -> None:
        """A list of objects; what is not known is null."""
        assert json.loads(render(report(ROW, WAITING), "json")) == [
            {
                "team": "Sales", "week": "2026-11-23", "people": 12, "raw_calls": 34567, "turns": 1234,
                "value": 456.789, "gap": 0.62983, "air": 0.4149,
            },
            {
                "team": "Legal", "week": "2026-11-23", "people": 5, "raw_calls": 9, "turns": 7,
                "value": None, "gap": None, "air": None,
            },
        ]  # fmt: skip

    def test_csv(self) -> None:
        """A header, then figures; what is not known is empty."""
        assert render(report(ROW, WAITING), "csv").splitlines() == [
            "team,week,people,raw_calls,turns,value,gap,air",
            "Sales,2026-11-23,12,34567,1234,456.789,0.62983,0.4149",
            "Legal,2026-11-23,5,9,7,,,",
        ]

    def test_a_spreadsheet_runs_nothing(self) -> None:
        """A model's name that is a formula is written as text, and one with commas stays one cell."""
        row = Usage('=HYPERLINK("x"),b', "2026-11-23", 5, 1, 1, 1.0, -0.5, 0.0)
        (read,) = csv.DictReader(io.StringIO(render(report(row, by="model"), "csv")))
        assert read["model"] == '\'=HYPERLINK("x"),b'
        assert read["gap"] == "-0.5"

    def test_nothing_is_an_empty_list(self) -> None:
        """No sentence among the data."""
        assert render(report(), "json") == "[]"
        assert render(report(by="week"), "csv") == "week,people,raw_calls,turns,value,gap,air"


class TestNothing:
    """A report without rows says why."""

    NONE = Coverage(None, None, None, None)

    @pytest.mark.parametrize("kind", ["table", "markdown"])
    def test_an_empty_ledger_says_what_to_do(self, kind: Format) -> None:
        """One sentence, no table."""
        assert render(report(coverage=self.NONE), kind).strip() == (
            "No usage is logged yet: send traffic through `assay up`, or try `assay up --demo`."
        )

    def test_a_ledger_of_unreadable_calls_says_so(self) -> None:
        """There is traffic, but nothing in it could be read."""
        said = notes(report(coverage=Coverage(None, 1.0, None, None)))
        assert len(said) == 2
        assert "100 % of all calls could not be read." in said[1]

    def test_too_late_a_date(self) -> None:
        """There is usage, but before it."""
        assert notes(report(since="2027-01-01"))[0].startswith("No usage is logged in the week of 2027-01-01 or later")

    def test_only_small_groups(self) -> None:
        """That there is something is all there is to say."""
        written = render(report(empty=False))
        assert "What is logged is not shown, as it is of fewer than 5 people in a week." in " ".join(written.split())
        assert "No usage" not in written


class TestReading:
    """From a real ledger."""

    def test_a_report_of_each_kind(self, db: Path) -> None:
        """Every grouping in every format."""
        for by in GROUPINGS:
            for kind in FORMATS:
                assert "2026-11-23" in render(read_report(db, by), kind)

    def test_figures_come_from_the_view(self, db: Path) -> None:
        """Calls, turns, value and gap of the one team that is large enough; the other is left out."""
        read = read_report(db)
        assert json.loads(render(read, "json")) == [
            {
                "team": "Sales", "week": "2026-11-23", "people": 5, "raw_calls": 30, "turns": 10,
                "value": pytest.approx(8.0), "gap": pytest.approx(0.2), "air": 0.0,
            }
        ]  # fmt: skip
        assert (read.empty, read.min_group, read.coverage.judged) == (False, 5, 1.0)

    def test_since(self, db: Path) -> None:
        """Weeks before it are left out."""
        assert read_report(db, since="2026-11-30").rows == []
        with pytest.raises(ValueError, match="a date such as 2026-11-25, not soon"):
            read_report(db, since="soon")

    @pytest.mark.parametrize("by", GROUPINGS)
    def test_nobody_is_listed(self, db: Path, by: Grouping) -> None:
        """No pseudonym is in any report."""
        ledger = Ledger.open(db)
        for person in range(5):
            entered(ledger, person=f"{person:04x}feedfacefeed")
        ledger.close()
        for kind in FORMATS:
            assert "feedface" not in render(read_report(db, by), kind)

    def test_without_a_ledger(self, tmp_path: Path) -> None:
        """The ledger's own sentence."""
        with pytest.raises(LedgerError, match="there is no ledger at"):
            read_report(tmp_path / "none.db")
