"""The report of outcomes beside value: tables for people, data for machines. Never value alone."""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.outcomes.metrics import METRICS
from reports.outcomes.panel import KINDS, Panel, Related, TeamWeek
from reports.outcomes.relation import COVERED, MIN_TEAMS, MIN_WEEKS

Format = Literal["table", "json", "csv", "markdown"]
Cell = str | int | float | None
NOT_KNOWN = "-"
FIXED = ("team", "week", "people", "value", "value_per_person")

UNITS = (
    "Value is in turns of full worth. It is related per active person: ranks within each team, without what all teams "
    "share in a week, with the number of active people held constant."
)
NO_CAUSE = "A relation is no cause: whatever moves both makes one too."
NOTHING = "No outcomes are imported, and value is not shown alone: assay outcomes import FILE.csv (docs/outcomes.md)."
NO_USAGE = "No outcomes are of a team and week of which usage is shown: name the teams as assay report does."


def render(panel: Panel, format: Format = "table", width: int = 100) -> str:  # noqa: A002 (the option's name)
    """Write it. `csv` has the team-weeks alone; `width` is the table's, in characters."""
    match format:
        case "json":
            return json.dumps(_document(panel), ensure_ascii=False, indent=2)
        case "csv":
            return _csv(panel)
        case "markdown":
            return "\n\n".join(["\n".join(_markdown(*table)) for table in _tables(panel)] + notes(panel))
        case "table":
            return _terminal(panel, width)


def notes(panel: Panel) -> list[str]:
    """Say what the figures cannot."""
    if not panel.rows:
        return [NO_USAGE if panel.imported else NOTHING]
    said = [sentence(related) for related in panel.related]
    if kinds := few_kinds(panel):
        said.append(kinds)
    if panel.unmatched:
        count = f"{len(panel.unmatched)} teams have" if len(panel.unmatched) > 1 else "1 team has"
        said.append(f"{count} outcomes but no usage that is shown.")
    return [*said, UNITS, NO_CAUSE]


def few_kinds(panel: Panel) -> str | None:
    """Say which kinds of outcomes are missing. None: there are enough to judge by."""
    dimensions = {METRICS[metric].dimension for metric in panel.metrics}
    if len(dimensions) >= KINDS:
        return None
    others = sorted({metric.dimension for metric in METRICS.values()} - dimensions)
    return (
        f"These outcomes speak to {' and '.join(sorted(dimensions))} alone: do not judge by them until there are "
        f"{KINDS} kinds (missing: {', '.join(others)})."
    )


def sentence(related: Related) -> str:
    """Say what is known of one metric."""
    found = related.relation
    if found is None:
        return f"{related.metric}: too little data: it takes {MIN_TEAMS} teams with {MIN_WEEKS} weeks of both."
    size = f"{found.teams} teams, {found.team_weeks} team-weeks"
    if related.verdict != "related":
        return (
            f"{related.metric}: no detectable relation ({size}); one of {found.detectable:.2f} or more "
            "would have been found in about nine of ten cases."
        )
    better = METRICS[related.metric].better
    worth = "for the better" if (found.rho > 0) == (better == "up") else "for the worse"
    when = "in the same week" if found.lag == 0 else f"{found.lag} week{'s' * (found.lag > 1)} later"
    return (
        f"{related.metric}: related, {worth}: where value is higher it is {'higher' if found.rho > 0 else 'lower'} "
        f"{when} (correlation {found.rho:+.2f}, {COVERED:.0%} interval {found.low:+.2f} to {found.high:+.2f}, "
        f"p = {related.p:.3f}; {size})."
    )


def _record(panel: Panel, row: TeamWeek) -> dict[str, Cell]:
    fixed: dict[str, Cell] = {
        "team": row.team,
        "week": row.week,
        "people": row.people,
        "value": row.value,
        "value_per_person": row.value_per_person,
    }
    return fixed | {metric: row.outcomes.get(metric) for metric in panel.metrics}


def _relation(related: Related) -> dict[str, object]:
    one, metric = related.relation, METRICS[related.metric]
    return {
        "metric": related.metric,
        "unit": metric.unit,
        "dimension": metric.dimension,
        "better": metric.better,
        "verdict": related.verdict,
        "correlation": one and one.rho,
        "interval": one and [one.low, one.high],
        "lag_weeks": one and one.lag,
        "p": related.p,
        "teams": one and one.teams,
        "team_weeks": one and one.team_weeks,
        "detectable": one and one.detectable,
    }


def _document(panel: Panel) -> dict[str, object]:
    return {
        "weeks": [_record(panel, row) for row in panel.rows],
        "relations": [_relation(related) for related in panel.related],
        "notes": notes(panel),
    }


def _csv(panel: Panel) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, [*FIXED, *panel.metrics], lineterminator="\n")
    if panel.rows:  # or there would be a column of value with nothing beside it
        writer.writeheader()
    for row in panel.rows:
        record = _record(panel, row)
        team = str(record["team"])  # a spreadsheet would run what begins so
        writer.writerow(record | {"team": "'" + team if team.startswith(("=", "+", "-", "@", "\t", "\r")) else team})
    return written.getvalue().rstrip("\n")


Rows = tuple[list[str], list[list[str]], int]  # titles, cells, and how many columns are names


def _tables(panel: Panel) -> list[Rows]:
    if not panel.rows:
        return []
    weeks = [[_cell(cell) for cell in _record(panel, row).values()] for row in panel.rows]
    relations = [_relation_cells(related) for related in panel.related]
    titles = ["metric", "verdict", "correlation", f"{COVERED:.0%} interval", "lag", "p", "teams", "team-weeks"]
    return [([*FIXED, *panel.metrics], weeks, 2), (titles, relations, 2)]


def _relation_cells(related: Related) -> list[str]:
    one = related.relation
    if one is None:
        return [related.metric, related.verdict, *[NOT_KNOWN] * 6]
    return [
        related.metric,
        related.verdict,
        f"{one.rho:+.2f}",
        f"{one.low:+.2f} to {one.high:+.2f}",
        str(one.lag),
        f"{related.p:.3f}",
        str(one.teams),
        str(one.team_weeks),
    ]


def _cell(cell: Cell) -> str:
    if cell is None:
        return NOT_KNOWN
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return "".join(c if c.isprintable() else "?" for c in str(cell))


def _markdown(titles: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> list[str]:
    lines = [list(titles), ["---"] * names + ["---:"] * (len(titles) - names)]
    lines += [[re.sub(r"([\\|<`*\[])", r"\\\1", cell) for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _terminal(panel: Panel, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        for titles, rows, names in _tables(panel):
            table = Table(header_style="")
            for place, title in enumerate(titles):
                table.add_column(title.replace("_", " "), justify="left" if place < names else "right")
            for row in rows:
                table.add_row(*map(Text, row))
            console.print(table)
        for note in notes(panel):
            console.print(Text(note))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
