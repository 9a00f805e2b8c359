"""Pages say how sure a gap is and since when it is wider, beside the dates that admins enter."""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from ledger.events import Event
from ledger.store import Ledger
from reports.console import numbers
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.console.gate import Gate
from tests.assay.running import wait_until
from tests.reports.console.company import found, monday
from tests.reports.console.conftest import ADMISSION, PEER, READERS, SECRET, client, kept

WEEKS, WIDENED = 14, 5
TARGET = "Target: 50 prompts a week"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found a company whose weeks are closed but the newest, with dates; its Growth farms from the sixth week on."""
    path = found(tmp_path_factory.mktemp("gaps") / "usage.db", weeks=WEEKS, turns=6)
    with closing(Ledger.open(path)) as ledger:
        list(ledger.publication.close(monday().timestamp()))
        ledger.events.enter(day(WEEKS - 1 - WIDENED, -3), TARGET, "Growth")
        ledger.events.enter(day(2), "Training <b>for</b> all")
        ledger.events.enter(day(2), "Platform's own", "Platform")
    return path


@pytest.fixture(scope="module")
def followed(closed: Path) -> Iterator[Figures]:
    with kept(closed) as figures:
        yield figures


@pytest.fixture(scope="module")
def gate(followed: Figures) -> Iterator[Gate]:
    with assembled(followed, ADMISSION, SECRET) as gate:
        yield gate


@pytest.fixture
async def admin(gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with client(gate, PEER, {"X-Forwarded-User": READERS["admin"]}) as browser:
        yield browser


def day(weeks_ago: int, days: int = 0) -> str:
    return (monday(weeks_ago) + timedelta(days=days)).date().isoformat()


def interval(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page.split("data-interval")[1].partition(">")[2].split("</p>")[0]).split())


@pytest.mark.parametrize(
    ("path", "query", "given"),
    [("/", "closed_weeks", {}), ("/teams/Growth", "team_closed_weeks", {"team": "Growth", "least": "5"})],
)
async def test_a_closed_weeks_interval_is_what_is_published(
    admin: httpx.AsyncClient, path: str, query: str, given: dict[str, str]
) -> None:
    rows = (await admin.get(f"/usage/{query}.json", params={"_shape": "array", **given})).json()
    assert len(rows) == WEEKS - 1
    newest = rows[-1]
    assert newest["gap_low"] < newest["gap"] < newest["gap_high"]
    said = f"90 % interval {numbers.percent(newest['gap_low'])} to {numbers.percent(newest['gap_high'])}"
    assert interval((await admin.get(path)).text) == said


async def test_an_open_weeks_interval_is_drawn_from_the_ledger(
    admin: httpx.AsyncClient, closed: Path, followed: Figures
) -> None:
    with closing(Ledger.read(closed)) as ledger:
        low, high = ledger.intervals.open()[day(0), "Platform"]
    page = (await admin.get(f"/teams/Platform?week={day(0)}")).text
    assert interval(page) == f"90 % interval {numbers.percent(low)} to {numbers.percent(high)}"
    assert (day(0), "Board") not in followed.intervals
    assert "data-interval" not in (await admin.get("/teams/Legal%20%26%20Risk")).text  # six people


async def test_a_gap_that_widened_is_said_with_what_is_dated_before_it(admin: httpx.AsyncClient) -> None:
    page = (await admin.get("/teams/Growth")).text
    said = " ".join(re.sub(r"<[^>]+>", "", page.split('class="finding"')[1].partition(">")[2].split("</p>")[0]).split())
    since = numbers.day(day(WEEKS - 1 - WIDENED))
    assert re.match(rf"Since the week of {since} the gap has been \d+\.\d points wider: \d+ % in the mean", said)
    given = {"team": "Growth", "least": "5", "week": day(1), "since": day(WEEKS - 1 - WIDENED), "_shape": "array"}
    (means,) = (await admin.get("/usage/team_gap_before_and_since.json", params=given)).json()
    assert f"has been {numbers.points(means['change'])} wider: {numbers.percent(means['after'])} in the mean of" in said
    assert f"of {means['weeks']} weeks, {numbers.percent(means['before'])} before" in said
    assert f"“{TARGET}” is dated {numbers.day(day(WEEKS - 1 - WIDENED, -3))}." in said
    assert "need not come from it" in said
    assert 'class="finding"' not in (await admin.get("/teams/Platform")).text
    before = (await admin.get(f"/teams/Growth?week={day(WEEKS - 1 - WIDENED)}")).text
    assert 'class="finding"' not in before


@pytest.mark.parametrize(
    ("path", "query", "given"),
    [("/", "air_by_cause", {}), ("/teams/Growth", "team_air_by_cause", {"team": "Growth", "least": "5"})],
)
async def test_the_causes_of_air_are_those_of_the_query(
    admin: httpx.AsyncClient, path: str, query: str, given: dict[str, str]
) -> None:
    """Of a closed week, for all and for a team."""
    parameters = {"week": day(1), "_shape": "array", **given}
    rows = (await admin.get(f"/usage/{query}.json", params=parameters)).json()
    page = (await admin.get(path)).text.split(f'data-query="{query}"')[1].split("</table>")[0]
    assert rows
    assert {row["cause"] for row in rows} <= {"automation", "noise", "trivial", "repeats", "unread", "(small groups)"}
    assert re.findall(r'<th scope="row">([^<]+)<', page) == [row["cause"] for row in rows]
    turns = re.findall(r'<td class="n">([\d,]+)</td></tr>', page)
    assert turns == [numbers.count(row["turns"]) for row in rows]


async def test_dates_are_drawn_and_listed_where_they_belong(admin: httpx.AsyncClient) -> None:
    for path, named in (("/", 1), ("/teams/Growth", 2), ("/teams/Platform", 2)):
        page = (await admin.get(path)).text
        listed = page.split('<ol class="dates"')[1].split("</ol>")[0]
        assert listed.count("<li>") == named, path
        assert page.split("</svg>")[1].count('class="mark"') == len({*re.findall(r'datetime="([^"]+)"', listed)}), path
        assert "Training &lt;b&gt;for&lt;/b&gt; all" in listed
    assert TARGET not in (await admin.get("/teams/Platform")).text
    assert "Platform&#39;s own" not in (await admin.get("/")).text


async def test_admins_enter_dates_and_take_them_away(admin: httpx.AsyncClient, closed: Path, followed: Figures) -> None:
    assert "Enter a date" in (await admin.get("/events")).text
    answer = await send(admin, day=day(1), what="A new policy", team="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/events")
    wait_until(lambda: "A new policy" in copied(followed))
    assert "A new policy" in (await admin.get("/")).text
    number = next(event.id for event in events(closed) if event.what == "A new policy")
    assert (await send(admin, remove=str(number))).status_code == 303
    assert "A new policy" not in [event.what for event in events(closed)]
    wait_until(lambda: "A new policy" not in copied(followed))


@pytest.mark.parametrize(
    "form",
    [
        {"day": "soon", "what": "x", "team": ""},
        {"day": "2026-11-25", "what": " ", "team": ""},
        {"day": "2026-11-25", "what": "x" * 121, "team": ""},
        {"day": "2026-11-25", "what": "x", "team": "Board"},
        {"remove": "1 OR 1=1"},
        {"remove": "²"},
        {},
    ],
)
async def test_a_form_that_makes_no_sense_changes_nothing(
    admin: httpx.AsyncClient, closed: Path, form: dict[str, str]
) -> None:
    before = events(closed)
    assert (await send(admin, **form)).status_code == 400
    assert events(closed) == before


@pytest.mark.parametrize("role", ["manager", "employee", "auditor"])
async def test_nobody_else_enters_or_removes_a_date(gate: Gate, closed: Path, role: str) -> None:
    before = events(closed)
    async with client(gate, PEER, {"X-Forwarded-User": READERS[role]}) as browser:
        for form in ({"day": day(1), "what": "x", "team": ""}, {"remove": str(before[0].id)}):
            assert (await send(browser, page="/glossary", **form)).status_code == 403
        assert "/events" not in (await browser.get("/")).text
    assert events(closed) == before


async def test_a_form_without_its_token_changes_nothing(admin: httpx.AsyncClient, closed: Path) -> None:
    before = events(closed)
    await admin.get("/events")
    for token in ({}, {"csrftoken": "x"}):
        answer = await admin.post("/events", data={"remove": str(before[0].id), **token})
        assert answer.status_code == 403
    assert events(closed) == before


def copied(figures: Figures) -> list[str]:
    with closing(sqlite3.connect(f"{figures.path.as_uri()}?mode=ro", uri=True)) as copy:
        return [what for (what,) in copy.execute("SELECT what FROM events")]


async def send(browser: httpx.AsyncClient, page: str = "/events", **form: str) -> httpx.Response:
    token = re.search(r'name="csrftoken" value="([^"]+)"', (await browser.get(page)).text)
    data = {"csrftoken": token[1] if token else browser.cookies.get("ds_csrftoken", ""), **form}
    return await browser.post("/events", data=data, headers={"origin": "https://console.example.com"})


def events(path: Path) -> list[Event]:
    with closing(Ledger.read(path)) as ledger:
        return ledger.events.all()
