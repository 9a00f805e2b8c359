"""The report: value beside raw calls, and the gap, as a table for people or as data for machines.

Takes figures from the ledger as they are. Leaves out how they come about (`ledger/views.sql`).
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.address import Place
from ledger.store import Ledger
from ledger.suppression import SMALL
from ledger.uncertainty import COVERED
from ledger.usage import Coverage, Grouping, Usage

Format = Literal["table", "json", "csv", "markdown"]
Cell = str | int | float | None

UNITS = (
    "Value is in turns of full worth; the gap is 1 - value / judged turns; air is the share of judged turns worth "
    "under 0.1. Weeks begin on Monday, UTC."
)
BOUNDED = ("team", "week")  # groupings whose gaps have an interval
NOT_KNOWN = "-"  # no turn of the group is judged yet


@dataclass(frozen=True, slots=True)
class Report:
    """Usage by one grouping, and what a reader must know of it."""

    by: Grouping
    since: str | None  # a date: its whole week and later ones are in the report
    rows: Sequence[Usage]
    empty: bool  # nothing was asked in these weeks, shown or not
    min_group: int
    coverage: Coverage  # of the whole ledger


def read_report(path: Place, by: Grouping = "team", since: str | None = None) -> Report:
    """Read the ledger at `path`. Raises LedgerError, and ValueError for a `since` that is no date."""
    ledger = Ledger.read(path)
    try:
        return Report(
            by=by,
            since=since,
            rows=ledger.usage(by, since),
            empty=ledger.is_empty(since),
            min_group=ledger.min_group(),
            coverage=ledger.coverage(),
        )
    finally:
        ledger.close()


def render(report: Report, format: Format = "table", width: int = 100) -> str:  # noqa: A002 (the option's name)
    """Write a report, rounded for people (`table`, `markdown`) or in full for machines (`json`, `csv`).

    `width` is the table's, in characters.
    """
    match format:
        case "json":
            return json.dumps([_record(report.by, row) for row in report.rows], ensure_ascii=False, indent=2)
        case "csv":
            return _csv(report)
        case "markdown":
            return "\n".join([*_markdown(report), *(f"\n{note}" for note in notes(report))])
        case "table":
            return _table(report, width)


def notes(report: Report) -> list[str]:
    """Say in sentences what the figures cannot: units, what they rest on, what is not shown."""
    said = []
    if report.rows:
        said.append(UNITS)
    elif report.empty:
        said.append(_nothing(report))
    if report.coverage != Coverage(None, None, None, None):
        said.append(_coverage(report.coverage))
    if bounded := [row for row in report.rows if row.gap_low is not None and row.gap_high is not None]:
        said.append(_interval(report, bounded))
    if report.rows and report.by != "week":
        said.append(f"Groups of fewer than {report.min_group} people are shown together as {SMALL}, or left out.")
    elif not report.rows and not report.empty:
        said.append(f"What is logged is not shown, as it is of fewer than {report.min_group} people in a week.")
    return said


def _nothing(report: Report) -> str:
    if report.coverage.judged is None:
        return "No usage is logged yet: send traffic through `assay up`, or try `assay up --demo`."
    return f"No usage is logged in the week of {report.since} or later: leave out --since, or name an earlier date."


def _interval(report: Report, bounded: Sequence[Usage]) -> str:
    newest = bounded[-1]
    if report.by == "week":
        return (
            f"The {COVERED:.0%} interval of the gap in the week of {newest.week} is {_percent(newest.gap_low)} to "
            f"{_percent(newest.gap_high)}."
        )
    wide = max((row.gap_high or 0) - (row.gap_low or 0) for row in bounded if row.week == newest.week)
    return (
        f"In the week of {newest.week} the {COVERED:.0%} interval of a team's gap is up to {wide * 100:.0f} points "
        "wide: --format csv has each."
    )


def _coverage(coverage: Coverage) -> str:
    said = (
        f"Of all turns {_percent(coverage.judged)} are judged and {_percent(coverage.unattributed)} have no team; "
        f"{_percent(coverage.unreadable)} of all calls could not be read"
    )
    if coverage.estimated:
        said += f"; the tokens of {_percent(coverage.estimated)} are estimates"
    return said + "."


def _record(by: Grouping, row: Usage) -> dict[str, Cell]:
    """Name a row's figures as the views do."""
    group: dict[str, Cell] = {} if by == "week" else {by: row.group}
    return (
        group
        | {
            "week": row.week,
            "people": row.people,
            "raw_calls": row.raw_calls,
            "turns": row.turns,
            "value": row.value,
            "gap": row.gap,
            "air": row.air,
        }
        | ({"gap_low": row.gap_low, "gap_high": row.gap_high} if by in BOUNDED else {})
    )


def _columns(by: Grouping) -> list[str]:
    columns = ["week", "people", "raw_calls", "turns", "value", "gap", "air"]
    return columns if by == "week" else [by, *columns]


def _machine_columns(by: Grouping) -> list[str]:
    return [*_columns(by), *(("gap_low", "gap_high") if by in BOUNDED else ())]


def _csv(report: Report) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, _machine_columns(report.by), lineterminator="\n")
    writer.writeheader()
    for row in report.rows:
        writer.writerow({name: no_formula(cell) for name, cell in _record(report.by, row).items()})
    return written.getvalue().rstrip("\n")


def no_formula(cell: Cell) -> Cell:
    """Keep a spreadsheet from running what somebody sent as a model's name."""
    return "'" + cell if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _titles(by: Grouping) -> list[str]:
    return [name.replace("_", " ").capitalize() for name in _columns(by)]


def _cells(report: Report, row: Usage) -> list[str]:
    """Round a row for people. Names come from the wire in part, so only what prints is printed."""
    group = [] if report.by == "week" else ["".join(c if c.isprintable() else "?" for c in row.group)]
    return [
        *group,
        row.week,
        f"{row.people:,}",
        f"{row.raw_calls:,}",
        f"{row.turns:,}",
        NOT_KNOWN if row.value is None else f"{row.value:,.1f}",
        _percent(row.gap),
        _percent(row.air),
    ]


def _percent(share: float | None) -> str:
    return NOT_KNOWN if share is None else f"{share * 100:.0f} %"


def _markdown(report: Report) -> list[str]:
    if not report.rows:
        return []
    titles = _titles(report.by)
    names = 1 if report.by == "week" else 2
    lines = [titles, ["---"] * names + ["---:"] * (len(titles) - names)]
    lines += [[re.sub(r"([\\|<`*_\[])", r"\\\1", cell) for cell in _cells(report, row)] for row in report.rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _table(report: Report, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        if report.rows:
            table = Table(header_style="")
            names = 1 if report.by == "week" else 2
            titles, cells = _titles(report.by), [_cells(report, row) for row in report.rows]
            for place, column in enumerate(zip(titles, *cells, strict=True)):
                name = place < names
                # Rich would measure each cell of a column whose width it is not told.
                table.add_column(
                    column[0],
                    justify="left" if name else "right",
                    no_wrap=not name,
                    width=None if name else max(map(len, column)),
                )
            for row in cells:
                table.add_row(*map(Text, row))
            console.print(table)
        for note in notes(report):
            console.print(Text(note))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
