"""Writes rows as they are, for people (`table`) or for machines (`json`, `csv`). Rounds nothing but for people."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.usage import no_formula

Format = Literal["table", "json", "csv"]


def render(rows: Sequence[Mapping[str, Any]], format: Format, width: int = 100) -> str:  # noqa: A002 (the option's name)
    """Write rows that have the same columns. `width` is the table's, in characters; no rows are no text but in JSON."""
    if format == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2)
    if not rows:
        return ""
    return _csv(rows) if format == "csv" else _table(rows, width)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: no_formula(cell) for name, cell in row.items()})
    return written.getvalue().rstrip("\n")


def _table(rows: Sequence[Mapping[str, Any]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    table = Table(*(name.replace("_", " ").capitalize() for name in rows[0]), header_style="")
    for row in rows:
        table.add_row(*(Text(_cell(cell)) for cell in row.values()))
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _cell(cell: object) -> str:
    """Write what prints alone: a terminal obeys the rest."""
    text = "-" if cell is None else f"{cell:.2f}" if isinstance(cell, float) else str(cell)
    return "".join(c if c.isprintable() else "?" for c in text)
