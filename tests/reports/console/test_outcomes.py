"""Outcomes stand beside value, with whether the two go together; managers see their own teams' alone."""

import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import httpx
import pytest

from ledger.outcomes import Outcome
from ledger.store import Ledger
from reports.console import numbers
from reports.console.assembly import assembled
from reports.console.beside import Beside
from reports.console.figures import Figures
from reports.console.gate import Gate
from tests.assay.running import PATIENCE, wait_until
from tests.ledger.facts import judged
from tests.reports.console.company import monday
from tests.reports.console.conftest import ADMISSION, PEER, READERS, SECRET, client, kept, open_console

TEAMS = ("Growth", "Legal & Risk", "Ops", "Platform", "Research", "Sales", "Support", "Web")
WEEKS = 14
NEWEST = monday(1).date().isoformat()


@pytest.fixture(scope="module")
def shipping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found eight teams whose merged changes follow value; the other outcomes are chance."""
    path = tmp_path_factory.mktemp("shipping") / "usage.db"
    chance = random.Random(3)
    with closing(Ledger.open(path)) as ledger:
        for number, team in enumerate(TEAMS):
            for weeks_ago in range(WEEKS, 0, -1):
                enter(ledger, team, 100 * number, weeks_ago, chance)
    return path


def enter(ledger: Ledger, team: str, first: int, weeks_ago: int, chance: random.Random) -> None:
    week, worth = monday(weeks_ago).date().isoformat(), chance.choice([0, 1, 2, 3, 4])
    people = 10 if team == "Growth" and weeks_ago <= 2 else 6
    at = f"{week}T09:00:00.000Z"
    for person in range(people):
        judged(ledger, 1, verdict={"level": 4, "novelty": 0.2 + 0.2 * worth}, first=first + person, team=team, at=at)
    told = {
        "changes_merged": 5.0 + 3 * worth + chance.random(),
        "lead_time_hours": chance.uniform(5, 50),
        "satisfaction": chance.uniform(2, 5),
    }
    ledger.outcomes.enter([Outcome(team, week, metric, value, "file", 6, "") for metric, value in told.items()])


@pytest.fixture(scope="module")
def followed(shipping: Path) -> Iterator[Figures]:
    with kept(shipping) as figures:
        wait_until(lambda: figures.beside.panel)
        yield figures


@pytest.fixture(scope="module")
def gate(followed: Figures) -> Iterator[Gate]:
    with assembled(followed, ADMISSION, SECRET) as gate:
        yield gate


@pytest.fixture
async def admin(gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with client(gate, PEER, {"X-Forwarded-User": READERS["admin"]}) as browser:
        yield browser


def cells(html: str) -> list[list[str]]:
    """Give the rows of the first table's body, as text."""
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)]
        for row in body.split("</tr>")[:-1]
    ]


async def test_verdicts_are_those_of_the_report(admin: httpx.AsyncClient, followed: Figures) -> None:
    assert followed.beside.panel
    rows = cells((await admin.get("/outcomes")).text)
    for row, related in zip(rows, followed.beside.panel.related, strict=True):
        assert related.relation
        assert row[1].lower() == related.verdict
        assert row[2] == f"{related.relation.rho:+.2f}"
        assert row[5:] == ["8", str(related.relation.team_weeks)]
    assert [row[1] for row in rows] == ["Related", "No detectable relation", "No detectable relation"]


async def test_a_weeks_table_is_what_its_query_gives(admin: httpx.AsyncClient) -> None:
    page = (await admin.get("/outcomes")).text
    given = {"week": NEWEST, "_shape": "array"}
    result = (await admin.get("/usage/outcomes_of_week.json", params=given)).json()
    expected: dict[str, list[str]] = {}
    for row in result:  # a metric each, in alphabetical order
        found = expected.setdefault(row["team"].replace("&", "&amp;"), [numbers.decimal(row["value_per_person"])])
        write = numbers.count if row["metric"] == "changes_merged" else numbers.decimal
        found.append(write(row["outcome"]))
    table = cells(page.split('data-query="outcomes_of_week"')[1])
    assert [row[0] for row in table] == list(expected)
    for row in table:
        value, merged, lead, satisfaction = expected[row[0]]
        assert row[1:5] == [value, merged, lead, satisfaction]


async def test_weeks_lead_to_one_another(admin: httpx.AsyncClient) -> None:
    before = monday(2).date().isoformat()
    assert f'href="?week={before}"' in (await admin.get("/outcomes")).text
    earlier = (await admin.get(f"/outcomes?week={before}")).text
    assert f"Week of {numbers.day(before)}" in earlier
    assert f'href="?week={NEWEST}"' in earlier
    assert (await admin.get("/outcomes?week=nonsense")).status_code == 200


async def test_managers_see_their_own_teams_and_the_verdicts(gate: Gate) -> None:
    """Of a team of fewer than ten they see no week."""
    async with client(gate, PEER, {"X-Forwarded-User": READERS["manager"]}) as browser:
        page = (await browser.get("/outcomes")).text
        assert not any(team in page for team in ("Platform", "Research", "Legal"))
        assert [row[0] for row in cells(page.split('data-query="outcomes_of_team"')[1])] == [
            numbers.day(NEWEST),
            numbers.day(monday(2).date().isoformat()),
        ]
        assert "No detectable relation" in page


async def test_few_kinds_of_outcomes_are_warned_of_and_foreign_teams_counted(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with closing(Ledger.open(path)) as ledger:
        judged(ledger, 6, team="Sales", at=f"{NEWEST}T09:00:00.000Z")
        ledger.outcomes.enter([Outcome(team, NEWEST, "issues_closed", 3, "file", None, "") for team in ("Sales", "X")])
    async with open_console(path) as browser:
        page = (await until_compared(browser)).text
    assert "speak to activity alone: do not judge by them" in page
    assert "1 team has outcomes but no usage that is shown" in page
    assert "Too little data" in page


@pytest.mark.parametrize(
    ("team", "said"), [(None, "assay outcomes import outcomes.csv"), ("X", "Outcomes are of other teams or weeks")]
)
async def test_where_nothing_is_shown_it_says_what_to_do(tmp_path: Path, team: str | None, said: str) -> None:
    path = tmp_path / "usage.db"
    with closing(Ledger.open(path)) as ledger:
        judged(ledger, 6, team="Sales", at=f"{NEWEST}T09:00:00.000Z")
        if team:
            ledger.outcomes.enter([Outcome(team, NEWEST, "issues_closed", 3, "file", None, "")])
    async with open_console(path) as browser:
        page = (await until_compared(browser)).text
    assert said in page
    assert "Value per person" not in page


async def until_compared(browser: httpx.AsyncClient) -> httpx.Response:
    end = time.monotonic() + PATIENCE
    while "looks again by itself" in (answer := await browser.get("/outcomes")).text:
        assert time.monotonic() < end
    return answer


def test_it_is_computed_only_for_what_is_new(followed: Figures) -> None:
    beside, today = Beside(), date.fromisoformat(NEWEST)
    beside.follow(followed.path, today)
    first = beside.panel
    assert first
    assert max(row.week for row in first.rows) < NEWEST  # whose week is not over yet
    beside.follow(followed.path, today)
    assert beside.panel is first
    beside.follow(followed.path, monday().date())
    assert beside.panel is not first
