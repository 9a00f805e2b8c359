"""Writes down for people what the code declares, where that takes more than one room. `make docs` runs it."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assay.columns import TABLES
from assay.metering import Tally, classifier_metrics, console_metrics, proxy_metrics
from config.reference import with_table
from ledger.store import Ledger
from reports.metrics import Metric, Spread
from reports.queries import Query, queries

DOCS = Path(__file__).parent.parent / "docs"
MONITORING = DOCS / "monitoring.md"


def metrics() -> dict[str, list[Metric]]:
    """Give the metrics by the part that serves them. They cannot be read: nothing runs behind them."""
    nothing: Any = SimpleNamespace(counts=None, waits=SimpleNamespace(read=None), requests=None, durations=None)
    return {
        "proxy": proxy_metrics(nothing, nothing),
        "classifier": classifier_metrics(Tally(), Path()),
        "console": console_metrics(nothing, nothing),
    }


def metrics_table() -> str:
    """Write the table of metrics, in Markdown."""
    rows = [
        f"| `{name_of(metric)}` | {part} | {kind_of(metric)} | {metric.help} |"
        for part, listed in metrics().items()
        for metric in listed
    ]
    return "\n".join(["| metric | of | kind | |", "| --- | --- | --- | --- |", *rows]) + "\n"


def name_of(metric: Metric) -> str:
    """Give a metric's name as Prometheus asks for it."""
    if isinstance(metric, Spread):
        return metric.name
    name = metric.name + ("_total" if metric.kind == "counter" else "")
    return f"{name}{{{', '.join(metric.labels)}}}" if metric.labels else name


def kind_of(metric: Metric) -> str:
    return "histogram" if isinstance(metric, Spread) else metric.kind


def schema_reference() -> str:
    """Write what a new ledger's tables and views hold, in Markdown: names and types as the database says them."""
    parts = []
    for name, columns in schema().items():
        about, words = TABLES[name]
        rows = [f"| `{column}` | {type_ or ''} | {words[column]} |" for column, type_ in columns.items()]
        parts.append("\n".join([f"### {name}", "", about, "", "| column | type | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def schema() -> dict[str, dict[str, str]]:
    """Read the columns, with their types, of each table and view of a new ledger, in the order of TABLES."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.db"
        Ledger.open(path).close()
        with closing(sqlite3.connect(path)) as connection:
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
                )
            ]
            found = {
                name: {row[1]: row[2] for row in connection.execute(f"PRAGMA table_xinfo({name})")} for name in names
            }
    order = list(TABLES)
    return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in TABLES else len(order)))


def query_book() -> str:
    """Write every named query, in Markdown."""
    parts = ["## In the console, and on the ledger", *map(_query, queries().values())]
    parts += ["## On the ledger alone", *map(_query, queries("operators.sql").values())]
    return "\n\n".join(parts) + "\n"


def _query(query: Query) -> str:
    return f"### {query.title}\n\n`{query.name}`: {query.about}\n\n```sql\n{query.sql}\n```"


def tables() -> Iterator[tuple[Path, str, str]]:
    """Give each generated part: its document, its name there, its text."""
    yield MONITORING, "metrics", metrics_table()
    yield DOCS / "schema.md", "schema", schema_reference()
    yield DOCS / "queries.md", "queries", query_book()


def write() -> None:
    for file, name, text in tables():
        file.write_text(with_table(file.read_text(encoding="utf-8"), name, text), encoding="utf-8")


if __name__ == "__main__":
    write()
