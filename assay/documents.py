"""Writes down for people what the code declares, where that takes more than one room. `make docs` runs it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assay.metering import Tally, classifier_metrics, proxy_metrics
from config.reference import with_table
from reports.metrics import Metric, Spread

DOCS = Path(__file__).parent.parent / "docs"
MONITORING = DOCS / "monitoring.md"


def metrics() -> dict[str, list[Metric]]:
    """Give the metrics by the part that serves them. They cannot be read: nothing runs behind them."""
    nothing: Any = SimpleNamespace(counts=None, waits=SimpleNamespace(read=None))
    return {"proxy": proxy_metrics(nothing, nothing), "classifier": classifier_metrics(Tally(), Path())}


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
    return f"{name}{{{metric.label}}}" if metric.label else name


def kind_of(metric: Metric) -> str:
    return "histogram" if isinstance(metric, Spread) else metric.kind


def write() -> None:
    document = MONITORING.read_text(encoding="utf-8")
    MONITORING.write_text(with_table(document, "metrics", metrics_table()), encoding="utf-8")


if __name__ == "__main__":
    write()
