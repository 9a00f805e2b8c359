"""The demo, shortened: real SDKs, proxy, ledger and classifier, to the report."""

import asyncio
import os
import sqlite3
import stat
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from assay.demo import people, show
from assay.demo.people import Person, Step
from tests.assay.running import children


def test_the_plan_is_the_same_each_time_and_the_size_that_the_readme_says() -> None:
    plan = people.plan()
    assert plan == people.plan()
    teams = Counter(person.team for person in plan)
    assert len(teams) == 3
    assert min(teams.values()) >= 5  # or the report would hide them
    kinds = Counter(step.kind for steps in plan.values() for step in steps)
    assert kinds["ask"] > 150
    assert kinds["agent"] > 10
    assert kinds["other"] > 20
    assert {person.sdk for person in plan} == {"openai", "anthropic"}
    assert {bool(person.user) for person in plan} == {True, False}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> dict[Person, list[Step]]:
    """Let each person do three things, each kind and a retry among them."""
    ask = (("user", "summarise our incident review for the board"),)
    steps = [Step("ask", ask, streamed=True, retried=True), Step("agent", ask, steps=2), Step("other")]
    plan = dict.fromkeys(people.plan(), steps)
    monkeypatch.setattr(show, "plan", lambda: plan)
    return plan


def test_the_demo_ends_with_the_report_and_a_second_one_begins_afresh(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    short: dict[Person, list[Step]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER__PATH", "elsewhere.db")  # the demo has settings of its own
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    folder = Path("demo")
    folder.mkdir()
    (folder / "usage.db").write_bytes(b"a former demo's ledger")
    before = children(os.getpid())
    asyncio.run(show.show(folder))
    assert children(os.getpid()) == before
    assert not Path("elsewhere.db").exists()

    said = capsys.readouterr().out
    n = len(short)
    assert f"In all: {5 * n} raw calls were {2 * n} turns, worth " in said
    for name in ("Platform", "Operations", "Growth"):
        assert f"│ {name}" in said
    assert "sqlite3 -header -column demo/usage.db" in said
    assert stat.S_IMODE((folder / "usage.db").stat().st_mode) == 0o600
    with closing(sqlite3.connect(folder / "usage.db")) as ledger:
        for query in show.QUERIES:
            assert ledger.execute(query).fetchall()
        kinds = dict(ledger.execute("SELECT kind, count(*) FROM calls GROUP BY kind"))
        assert kinds == {"prompt": 2 * n, "retry": n, "continuation": 2 * n}
        sources = dict(ledger.execute("SELECT identity_source, count(DISTINCT person) FROM turns GROUP BY 1"))
        assert sources == {"header": n * 2 // 3, "api_key": n // 3}
        assert ledger.execute("SELECT count(*) FROM turns WHERE text IS NOT NULL").fetchone() == (0,)
