"""The alert rules and the dashboard ask for metrics that there are, as Prometheus writes them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assay.documents import MONITORING, metrics, metrics_table, name_of

FOLDER = Path(__file__).parent.parent.parent / "monitoring"
ASKED = re.compile(r"assay_[a-z_]+")


def known() -> set[str]:
    names = {name_of(metric).partition("{")[0] for listed in metrics().values() for metric in listed}
    return names | {f"{name}_bucket" for name in names}


def expressions() -> list[str]:
    dashboard = json.loads((FOLDER / "grafana.json").read_text())
    alerts = re.findall(r"^ *expr: (.+)$", (FOLDER / "alerts.yml").read_text(), re.MULTILINE)
    return [*alerts, *(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])]


def test_rules_and_dashboard_ask_for_metrics_that_there_are() -> None:
    asked = {name for expression in expressions() for name in ASKED.findall(expression)}
    assert len(asked) > 10
    assert asked <= known()


def test_the_dashboard_shows_every_metric() -> None:
    text = "\n".join(expressions())
    hidden = {name for name in known() if name not in text and f"{name}_bucket" not in text and "_bucket" not in name}
    assert hidden == {"assay_open_exchanges", "assay_fallen_back_turns_total"} - set(ASKED.findall(text))


def test_the_documents_table_is_made_from_the_declarations() -> None:
    """`make docs` writes it anew."""
    assert metrics_table() in MONITORING.read_text(encoding="utf-8")


def test_every_alert_says_how_to_mend_it() -> None:
    rules = (FOLDER / "alerts.yml").read_text()
    assert rules.count("- alert:") == rules.count("fix:") == rules.count("summary:") > 5


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool, of Debian's package prometheus, is not here")
def test_promtool_takes_the_rules() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", FOLDER / "alerts.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 rules found" in done.stdout
