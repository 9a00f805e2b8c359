"""What the running parts count, read over HTTP while real traffic passes."""

import re
from pathlib import Path

import httpx
import pytest

from tests.assay.running import assay, running, wait_until
from tests.monitoring.test_monitoring import known

SECRET = "the dragonfruit forecast"


def url(line: str, mark: str) -> str:
    found = re.search(mark + r"(http://\S+?)(,|$)", line)
    assert found
    return found[1]


def metrics(address: str) -> dict[str, float]:
    text = httpx.get(address, trust_env=False).raise_for_status().text
    assert SECRET not in text
    assert "ana@example.com" not in text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_the_proxy_counts_what_passes(tmp_path: Path) -> None:
    options = ("--mode", "reverse:http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")
    with running("proxy", *options, home=tmp_path, ASSAY_PROXY__METRICS="127.0.0.1:0") as proxy:
        address = url(proxy.until("metrics are at"), "metrics are at ")
        listens = url(proxy.until("listens on"), "listens on ")
        body = {"model": "m", "user": "ana@example.com", "messages": [{"role": "user", "content": SECRET}]}
        with httpx.Client(base_url=listens, trust_env=False) as client:
            client.post("/v1/chat/completions", json=body)
            client.get("/healthz")
            client.post("/v1/chat/completions", content=b"{")
        wait_until(lambda: metrics(address).get('assay_calls_total{kind="unreadable"}') == 1)
        found = metrics(address)
    assert found['assay_calls_total{kind="prompt"}'] == 1
    assert found["assay_turns_total"] == 1
    assert found["assay_passed_exchanges_total"] == 1
    assert found["assay_request_bytes_total"] > len(SECRET)
    assert found["assay_lost_calls_total"] == found["assay_queue_bytes"] == 0
    names = {name.partition("{")[0].removesuffix("_count").removesuffix("_sum") for name in found}
    assert names <= known()


def test_the_classifier_counts_what_it_judges(tmp_path: Path) -> None:
    made = assay("classify", "--once", "--backend", "rules", "--db", "usage.db", home=tmp_path)
    assert made.returncode == 0
    options = ("classify", "--backend", "rules", "--db", "usage.db")
    with running(*options, home=tmp_path, ASSAY_CLASSIFIER__METRICS="127.0.0.1:0") as classifier:
        found = metrics(url(classifier.until("metrics are at"), "metrics are at "))
    assert found["assay_judged_turns_total"] == found["assay_waiting_turns"] == found["assay_waiting_seconds"] == 0
    assert found["assay_ledger_bytes"] > 0


def test_the_console_counts_its_pages(tmp_path: Path) -> None:
    assert assay("classify", "--once", "--backend", "rules", "--db", "usage.db", home=tmp_path).returncode == 0
    options = ("console", "--listen", "127.0.0.1:0", "--db", "usage.db")
    with running(*options, home=tmp_path, ASSAY_CONSOLE__METRICS="127.0.0.1:0") as console:
        address = url(console.until("metrics are at"), "metrics are at ")
        pages = console.until("the console is at").partition("console is at ")[2].partition(" ")[0]
        with httpx.Client(base_url=pages, trust_env=False) as browser:
            assert browser.get("/metrics").status_code == 403
            browser.get("/glossary", params={"of": SECRET})
            browser.get("/teams/ana@example.com")
        wait_until(lambda: "assay_console_copy_age_seconds" in metrics(address))
        found = metrics(address)
    assert found['assay_console_requests_total{page="/glossary",status="2xx"}'] == 1
    assert found['assay_console_requests_total{page="/teams/{team}",status="4xx"}'] == 1
    assert found['assay_console_requests_total{page="elsewhere",status="4xx"}'] == 1
    assert found["assay_console_request_seconds_count"] == 3
    assert found["assay_console_refused_sign_ins_total"] == 0
    assert 0 <= found["assay_console_copy_age_seconds"] < 60


@pytest.mark.parametrize("address", ["nowhere", "203.0.113.1:9464"])
def test_an_address_that_cannot_be_listened_on_is_refused(tmp_path: Path, address: str) -> None:
    options = ("--mode", "reverse:http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")
    done = assay("proxy", *options, home=tmp_path, ASSAY_PROXY__METRICS=address)
    assert done.returncode == 2
    assert "metrics" in done.stderr.lower()
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
