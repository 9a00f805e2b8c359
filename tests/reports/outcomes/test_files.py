"""A file of outcomes is read whole, or refused with the line and the fix."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.outcomes import Outcome
from reports.outcomes.files import BadFile, read_outcomes

HEAD = "team,week,metric,value,n\n"


def written(folder: Path, text: str, name: str = "outcomes.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_csv_file(tmp_path: Path) -> None:
    """Any date stands for its week; n may be left empty; a spreadsheet's byte-order mark and capitals do no harm."""
    file = written(
        tmp_path,
        "\ufeffTeam,Week,Metric,Value,N\r\n"
        'Sales,2026-11-29,changes_merged,12,\r\n"Sales, East",2026-11-23,lead_time_hours,7.5,9\r\n',
    )
    assert read_outcomes(file, 5) == [
        Outcome("Sales", "2026-11-23", "changes_merged", 12.0, "file", None, "changes"),
        Outcome("Sales, East", "2026-11-23", "lead_time_hours", 7.5, "file", 9, "hours"),
    ]


def test_a_json_file(tmp_path: Path) -> None:
    """A list of objects."""
    rows = [{"team": "Sales", "week": "2026-11-25", "metric": "satisfaction", "value": 4, "n": 5}]
    assert read_outcomes(written(tmp_path, json.dumps(rows), "o.json"), 5) == [
        Outcome("Sales", "2026-11-23", "satisfaction", 4.0, "file", 5, "points")
    ]


@pytest.mark.parametrize(
    ("row", "place", "fix"),
    [
        ("Sales,2026-11-23,prompts,1,", "line 3", "the metric is not known: choose from changes_merged, "),
        ("Sales,last week,changes_merged,1,", "line 3", "the week must be a date of it, as 2026-11-25"),
        ("Sales,2026-11-23,changes_merged,many,", "line 3", "the value must be a number of 0 or more"),
        ("Sales,2026-11-23,changes_merged,-1,", "line 3", "the value must be a number of 0 or more"),
        ("Sales,2026-11-23,changes_merged,nan,", "line 3", "the value must be a number of 0 or more"),
        ("Sales,2026-11-23,change_failure_rate,12,", "line 3", "a share from 0 to 1, as 0.12"),
        ("Sales,2026-11-23,changes_merged,1,0", "line 3", "n must be a whole number over 0, or empty"),
        ("Sales,2026-11-23,changes_merged,1,2.5", "line 3", "n must be a whole number over 0, or empty"),
        ("Sales,2026-11-23,satisfaction,4,", "line 3", "satisfaction needs n, the number of people who answered"),
        ("Sales,2026-11-23,satisfaction,4,4", "line 3", "of at least 5: leave the row out"),
        (",2026-11-23,changes_merged,1,", "line 3", "the team must be a name"),
        ("Sales,2026-11-23,changes_merged,1", "line 3", "not as many cells as line 1"),
        ("Sales,2026-11-23,changes_merged,1,,", "line 3", "not as many cells as line 1"),
        ('"Sales"x,2026-11-23,changes_merged,1,', "line 3", "not CSV: mend the quotes"),
        ("Legal,2026-11-22,issues_closed,1,", "line 3", "line 2 has the same team, week and metric already"),
    ],
)
def test_a_bad_row_refuses_the_file(tmp_path: Path, row: str, place: str, fix: str) -> None:
    file = written(tmp_path, f"{HEAD}Legal,2026-11-16,issues_closed,3,\n{row}\n")
    with pytest.raises(BadFile, match="outcomes") as refused:
        read_outcomes(file, 5)
    assert place in str(refused.value)
    assert fix in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "fix"),
    [
        ("a.csv", "team,week,value\n", "the columns must be team, week, metric, value and perhaps n"),
        ("a.csv", "team,week,metric,value,person\n", "the columns must be"),
        ("a.csv", "", "the columns must be"),
        ("a.csv", HEAD, "has no rows"),
        ("a.json", "{", "line 1: not JSON"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.json", "{}", "holds no list"),
        ("a.json", "[]", "has no rows"),
        ("a.json", "[1]", "object 1: it must have team"),
        ("a.json", '[{"team": "Sales", "week": "2026-11-23", "metric": "survey", "value": true, "n": 9}]', "object 1"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, name: str, text: str, fix: str) -> None:
    with pytest.raises(BadFile, match=fix):
        read_outcomes(written(tmp_path, text, name), 5)


@pytest.mark.parametrize("made", [lambda file: file.write_bytes(b"team\xff"), lambda file: file.mkdir()])
def test_what_is_no_text_is_refused(tmp_path: Path, made: Any) -> None:
    made(tmp_path / "a.csv")
    with pytest.raises(BadFile, match=r"is not in UTF-8|cannot be read"):
        read_outcomes(tmp_path / "a.csv", 5)
