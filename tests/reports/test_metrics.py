"""Metrics as Prometheus reads them."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from reports.metrics import Metric, Number, Spread, serve


def read(port: int) -> dict[tuple[str, str], float]:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    families = text_string_to_metric_families(answer.raise_for_status().text)
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_are_read_when_they_are_asked_for() -> None:
    kinds: dict[tuple[str, ...], float] = {("prompt",): 2.0}
    metrics: list[Metric] = [
        Number("assay_calls", "Calls.", "counter", lambda: kinds, ("kind",)),
        Number("assay_queue_bytes", "Queue.", "gauge", lambda: 7),
        Number("assay_ledger_bytes", "Ledger.", "gauge", lambda: None),
        Spread("assay_added_delay_seconds", "Delay.", lambda: ([(0.01, 3), (0.05, 4)], 0.25, 5)),
    ]
    end, port = serve(metrics, "127.0.0.1", 0)
    try:
        assert read(port) == {
            ("assay_calls_total", "prompt"): 2.0,
            ("assay_queue_bytes", ""): 7.0,
            ("assay_added_delay_seconds_bucket", "0.01"): 3.0,
            ("assay_added_delay_seconds_bucket", "0.05"): 4.0,
            ("assay_added_delay_seconds_bucket", "+Inf"): 5.0,
            ("assay_added_delay_seconds_count", ""): 5.0,
            ("assay_added_delay_seconds_sum", ""): 0.25,
        }
        kinds[("retry",)] = 1.0
        assert read(port)[("assay_calls_total", "retry")] == 1.0
    finally:
        end()
    with pytest.raises(httpx.ConnectError):
        read(port)
