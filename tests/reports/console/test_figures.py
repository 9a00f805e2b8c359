"""The copy of the aggregates follows the ledger, and every figure of a page is a named query's."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.guarding import SHOWN
from ledger.store import Ledger
from ledger.usage import ReadLedger
from reports.console import numbers
from reports.console.figures import DATABASE, Figures
from reports.queries import queries
from tests.assay.running import wait_until
from tests.ledger.facts import judged
from tests.reports.console.company import monday
from tests.reports.console.conftest import Browse, kept, open_console

WEEK = monday(1).date().isoformat()
SAMPLES = {"week": WEEK, "team": "Growth", "least": "5", "since": monday(3).date().isoformat()}


@pytest.mark.parametrize("name", queries())
def test_a_named_query_gives_the_same_on_the_ledger_as_on_the_copy(name: str, company: Path, figures: Figures) -> None:
    query = queries()[name]
    given = {parameter: SAMPLES[parameter] for parameter in query.parameters}
    rows = []
    for path in (company, figures.path):
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            try:
                rows.append(database.execute(query.sql, given).fetchall())
            except sqlite3.OperationalError as error:
                rows.append([str(error)])
    assert rows[0] == rows[1]
    assert query.title
    assert query.about.endswith(".")
    assert ";" not in query.sql


@pytest.mark.parametrize(
    ("path", "name"),
    [(f"/?week={WEEK}", f"by_{by}") for by in ("team", "category", "assistant", "model")],
)
async def test_a_pages_table_is_what_its_query_gives(browse: Browse, path: str, name: str) -> None:
    admin = browse("admin")
    page = (await admin.get(path)).text
    table = page.split(f'data-query="{name}"')[1].split("</table>")[0]
    result = (await admin.get(f"/{DATABASE}/{name}.json", params={"week": WEEK, "_shape": "array"})).json()
    cells = [
        re.sub(r"<svg.*?</svg>|<[^>]+>|\s*\n\s*", "", cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", table)
    ]
    rows = [cells[place : place + 7] for place in range(7, len(cells), 7)]
    assert result
    assert rows == [
        [
            next(iter(row.values())).replace("&", "&amp;"),
            numbers.decimal(row["value"]),
            numbers.percent(row["gap"]),
            numbers.count(row["turns"]),
            numbers.count(row["raw_calls"]),
            numbers.percent(row["air"]),
            numbers.count(row["people"]),
        ]
        for row in result
    ]


@pytest.mark.parametrize(("path", "name"), [("/", "weeks"), ("/teams/Growth", "team_weeks")])
async def test_a_pages_headline_is_what_its_query_gives(browse: Browse, path: str, name: str) -> None:
    admin = browse("admin")
    page = (await admin.get(path, params={"week": WEEK})).text
    rows = (await admin.get(f"/{DATABASE}/{name}.json", params=SAMPLES | {"_shape": "array"})).json()
    week = next(row for row in rows if row["week"] == WEEK)
    shown = dict(re.findall(r'data-figure="(\w+)"[^>]*>([^<]+)<', page))
    assert shown == {
        "gap": numbers.percent(week["gap"]),
        "value": numbers.decimal(week["value"]),
        "turns": numbers.count(week["turns"]),
        "raw_calls": numbers.count(week["raw_calls"]),
        "calls_per_turn": numbers.decimal(week["calls_per_turn"]),
        "air": numbers.percent(week["air"]),
        "people": numbers.count(week["people"]),
    }


async def test_the_change_is_against_the_mean_of_four_weeks_before(browse: Browse) -> None:
    admin = browse("admin")
    weeks = (await admin.get(f"/{DATABASE}/weeks.json?_shape=array")).json()
    at = next(place for place, row in enumerate(weeks) if row["week"] == WEEK)
    before = sum(row["gap"] for row in weeks[at - 4 : at]) / 4
    change = weeks[at]["gap"] - before
    page = (await admin.get("/")).text
    assert f"the mean of the 4 weeks before, {numbers.percent(before)}" in page
    assert (numbers.points(change) if abs(change) >= 0.0005 else "Steady") in page


async def test_a_fresh_ledger_says_what_to_do(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "usage.db").close()
    async with open_console(tmp_path / "usage.db") as browser:
        for path, said in (
            ("/", "assay up --upstream"),
            ("/teams", "identity.teams"),
            ("/coverage", "Send traffic through Assay"),
            ("/glossary", "What each level is worth"),
            (f"/{DATABASE}", "usage_by_week"),
        ):
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert said in answer.text, path


async def test_the_copy_follows_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    ledger = Ledger.open(path)
    try:
        with kept(path) as figures:
            assert weeks(figures) == 0
            judged(ledger, people=6)
            wait_until(lambda: weeks(figures) == 1)
    finally:
        ledger.close()
    assert not figures.path.parent.exists()


def test_trouble_with_the_ledger_leaves_the_last_copy_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    figures = Figures(path)
    figures.start()
    try:
        wait_until(lambda: figures.trouble and "there is no ledger" in figures.trouble)
        ledger = Ledger.open(path)
        judged(ledger, people=6)
        ledger.close()
        wait_until(lambda: figures.as_of and not figures.trouble)
        assert weeks(figures) == 1
    finally:
        figures.close()


def test_the_copy_is_of_groups_only(figures: Figures) -> None:
    """A table that named people or turns would show by its columns."""
    with closing(sqlite3.connect(f"{figures.path.as_uri()}?mode=ro", uri=True)) as copy:
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert set(tables) <= {*SHOWN}
        for table in tables:
            columns = {column for _, column, *_ in copy.execute(f"PRAGMA table_info({table})")}
            assert not {"person", "conversation", "ask", "text", "turn_id", "client"} & columns
            assert "id" not in columns or table == "events"


def test_a_ledger_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "usage.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError):
        ReadLedger.open(tmp_path / "usage.db")


def weeks(figures: Figures) -> int:
    with closing(sqlite3.connect(f"{figures.path.as_uri()}?mode=ro", uri=True)) as copy:
        return int(copy.execute("SELECT count(*) FROM usage_by_week").fetchone()[0])
