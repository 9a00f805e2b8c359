"""Reads outcomes from CSV and JSON files: a row or object with team, week, metric, value and perhaps n.

All or nothing: one bad row refuses the file, with its line and what to write there.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ledger.outcomes import Outcome, week_of
from reports.outcomes.metrics import METRICS

SOURCE = "file"
REQUIRED = ("team", "week", "metric", "value")
COLUMNS = (*REQUIRED, "n")
MAX_BYTES = 64 * 2**20
NAME_CHARS = 200  # of a team's name


class BadFile(Exception):  # noqa: N818 - the file's fault, not ours
    """A file that cannot be imported: one sentence with the fix."""


def read_outcomes(file: Path, min_group: int) -> list[Outcome]:
    """Read a file's outcomes. `min_group`: how many people must have answered. Raises BadFile."""
    rows = _json(file) if file.suffix.lower() == ".json" else _csv(file)
    outcomes: dict[tuple[str, str, str], Outcome] = {}
    places: dict[tuple[str, str, str], str] = {}
    for place, row in rows:
        try:
            outcome = _outcome(row, min_group)
        except ValueError as error:
            raise BadFile(f"{file}, {place}: {error}") from None
        key = (outcome.team, outcome.week, outcome.metric)
        if key in outcomes:
            raise BadFile(
                f"{file}, {place}: {places[key]} has the same team, week and metric already: keep one row a week"
            )
        outcomes[key], places[key] = outcome, place
    if not outcomes:
        raise BadFile(f"{file} has no rows: write one for each team, week and metric")
    return list(outcomes.values())


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadFile(f"{file} is larger than {MAX_BYTES // 2**20} MiB: split it")
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadFile(f"{file} cannot be read ({(error.strerror or 'unknown').lower()}): name another") from None
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not in UTF-8: save it as CSV UTF-8 or as JSON") from None


def _csv(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        heads = [(head or "").strip().lower() for head in reader.fieldnames or ()]
        if not set(REQUIRED) <= set(heads) <= set(COLUMNS) or len(heads) != len(set(heads)):
            raise BadFile(f"{file}, line 1: the columns must be team, week, metric, value and perhaps n")
        reader.fieldnames = heads
        for row in reader:
            if None in row or None in row.values():
                raise BadFile(f"{file}, line {reader.line_num}: it has not as many cells as line 1: mend the commas")
            yield f"line {reader.line_num}", row
    except csv.Error:
        raise BadFile(f"{file}, line {reader.line_num + 1}: not CSV: mend the quotes there") from None


def _json(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        content = json.loads(_text(file))
    except (json.JSONDecodeError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadFile(f"{file}{line}: not JSON: write a list of objects") from None
    if not isinstance(content, list):
        raise BadFile(f"{file} holds no list: write a list of objects with team, week, metric and value")
    for number, row in enumerate(content, 1):
        if not isinstance(row, dict) or not set(REQUIRED) <= set(row) <= set(COLUMNS):
            raise BadFile(f"{file}, object {number}: it must have team, week, metric, value and perhaps n")
        yield f"object {number}", row


def _outcome(row: Mapping[str, Any], min_group: int) -> Outcome:
    """Make a row an outcome. Raises ValueError with what to write."""
    team, metric = _name(row["team"]), str(row["metric"]).strip()
    if metric not in METRICS:
        raise ValueError(f"the metric is not known: choose from {', '.join(METRICS)}")
    n = _number(row.get("n"))
    known = METRICS[metric]
    if known.of_people and (n is None or n < min_group):
        raise ValueError(
            f"{metric} needs n, the number of people who answered, of at least {min_group}: leave the row out"
        )
    return Outcome(
        team=team,
        week=_week(row["week"]),
        metric=metric,
        value=_value(row["value"], known.unit),
        source=SOURCE,
        n=n,
        unit=known.unit,
    )


def _name(cell: object) -> str:
    name = cell.strip() if isinstance(cell, str) else ""
    if not name or len(name) > NAME_CHARS or not name.isprintable():
        raise ValueError("the team must be a name, as the ledger has it")
    return name


def _week(cell: object) -> str:
    try:
        return week_of(date.fromisoformat(str(cell).strip()))
    except (ValueError, OverflowError):
        raise ValueError("the week must be a date of it, as 2026-11-25") from None


def _value(cell: object, unit: str) -> float:
    try:
        value = float(cell) if isinstance(cell, str | int | float) and not isinstance(cell, bool) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value) or value < 0 or (unit == "share" and value > 1):
        raise ValueError(
            "the value must be a share from 0 to 1, as 0.12"
            if unit == "share"
            else "the value must be a number of 0 or more, with a point, as 12.5"
        )
    return value


def _number(cell: object) -> int | None:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        number = int(cell) if isinstance(cell, str | int) and not isinstance(cell, bool) else 0
    except ValueError:
        number = 0
    if not 0 < number < 2**63:
        raise ValueError("n must be a whole number over 0, or empty")
    return number
