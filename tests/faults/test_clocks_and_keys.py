"""Clocks that jump by a day, and key files that are missing or wrong."""

from pathlib import Path

import pytest

from tests.assay.running import ROOT
from tests.faults.rig import Load, Site, check_answers, check_judged, check_to_the_number, free_port, heard, loaded

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

DAY = 86_400
# Python's clock, in whatever process has this folder on its path. libfaketime would jump the monotonic clock too,
# which no real clock does.
CLOCK = """
import os, time
_real, _file = time.time, os.environ["JUMPED"]
def jumped():
    with open(_file) as file:
        return _real() + float(file.read() or 0)
time.time = jumped
"""


def test_a_clock_that_jumps_a_day_both_ways(site: Site, tmp_path: Path) -> None:
    """Nothing waits for a time that does not come, and nothing is judged twice."""
    folder = tmp_path / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    jumped = folder / "jumped"
    jumped.write_text("0", encoding="utf-8")
    site.environment = {"PYTHONPATH": f"{folder}:{ROOT}", "JUMPED": str(jumped)}
    with loaded(site) as (load, _, _):
        for days in (1, 0, -1, 0, 1, -1):
            aside = folder / "next"
            aside.write_text(str(days * DAY), encoding="utf-8")
            aside.replace(jumped)
            load.more(60)
    check_answers(load)
    site.settle()
    assert len(site.rows("SELECT DISTINCT substr(at, 1, 10) FROM calls")) >= 3
    check_to_the_number(site, load)
    check_judged(site)
    assert site.lost() == 0


@pytest.mark.parametrize("content", [b"", b"no key at all", b"{"])
def test_a_wrong_key_file_costs_no_answer(site: Site, content: bytes) -> None:
    """Calls wait in memory until the right one is back."""
    with loaded(site) as (before, _, _):
        pass
    file = site.db.with_name("usage.db.key")
    key = file.read_bytes()
    file.write_bytes(content)
    load, port = Load(), free_port()
    load.answered |= before.answered
    load._numbers = before._numbers
    with site.proxy(port) as proxy, site.classifier() as classifier:
        heard(proxy, "Traffic goes on")
        heard(classifier, "waits until then")
        load.begin(port, 4)
        load.more(200)
        file.write_bytes(key)
        load.more(50)
        load.end()
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)


def test_a_missing_key_file_costs_no_answer(site: Site) -> None:
    """While they run nobody needs it; at the next start there is a new one."""
    with loaded(site) as (load, _, _):
        site.db.with_name("usage.db.key").unlink()
        load.more(200)
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)
