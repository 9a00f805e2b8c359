"""What the running parts count, for Prometheus: plain numbers by a few fixed labels, never a person and never text.

A metric is read when it is asked for, from counters that the parts keep anyway, so that nothing is added to traffic.
Leaves out which part counts what (`assay/metering.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Number:
    """A counter or a gauge."""

    name: str  # without `_total`, with its unit
    help: str
    kind: Literal["counter", "gauge"]
    read: Callable[[], float | Mapping[tuple[str, ...], float] | None]  # by the labels' values. None: unknown
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram: how many observations were at most as large as each bound."""

    name: str
    help: str
    read: Callable[[], tuple[Sequence[tuple[float, int]], float, int]]  # (bound, so many up to it), sum, count


Metric = Number | Spread


class _Reading(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable[Family]:
        for metric in self._metrics:
            yield _spread(metric) if isinstance(metric, Spread) else _number(metric)


def registry(metrics: Iterable[Metric]) -> CollectorRegistry:
    """Make a registry that holds these metrics and no other."""
    made = CollectorRegistry()
    made.register(_Reading(metrics))
    return made


def serve(metrics: Iterable[Metric], host: str, port: int) -> tuple[Callable[[], None], int]:
    """Answer at /metrics, in a thread of its own; give what ends it, and the port. Raises OSError."""
    server, thread = start_http_server(port, addr=host, registry=registry(metrics))

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end, int(server.server_port)


def _number(metric: Number) -> Family:
    family = (CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily)(
        metric.name, metric.help, labels=metric.labels or None
    )
    value = metric.read()
    if isinstance(value, Mapping):
        for labels, each in value.items():
            family.add_metric(labels, each)
    elif value is not None:
        family.add_metric([], value)
    return family


def _spread(metric: Spread) -> Family:
    counted, total, count = metric.read()
    family = HistogramMetricFamily(metric.name, metric.help)
    family.add_metric([], [*((f"{bound:g}", float(up_to)) for bound, up_to in counted), ("+Inf", float(count))], total)
    return family
