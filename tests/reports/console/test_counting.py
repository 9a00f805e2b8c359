"""The console counts pages and kinds of answers, and names nobody and no turn."""

import pytest

from reports.console.assembly import assembled
from reports.console.counting import Counting, page_of
from reports.console.figures import Figures
from reports.console.gate import Message, Receive, Scope, Send
from tests.reports.console.conftest import ADMISSION, HEADER, PEER, READERS, SECRET, client


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "/"),
        ("/teams/Legal%20%26%20Risk", "/teams/{team}"),
        ("/mine/4711", "/mine/{turn}"),
        ("/usage/usage_by_team_week.csv", "tables"),
        ("/usage/teams/Growth.json", "tables"),
        ("/assets/console.css", "assets"),
        ("/mine/ana@example.com", "elsewhere"),
        ("/.env", "elsewhere"),
    ],
)
def test_an_address_is_counted_as_its_page(path: str, page: str) -> None:
    assert page_of(path) == page


async def test_what_is_answered_is_counted_by_page_and_status(figures: Figures) -> None:
    with assembled(figures, ADMISSION, SECRET) as gate:
        counting = Counting(gate)
        async with client(counting, PEER, {HEADER: READERS["manager"]}) as manager:
            for path in ("/", "/teams/Growth", "/teams/Board", "/coverage", "/nothing?of=ben@example.com"):
                await manager.get(path)
    assert counting.requests() == {
        ("/", "2xx"): 1,
        ("/teams/{team}", "2xx"): 1,
        ("/teams/{team}", "4xx"): 1,
        ("/coverage", "4xx"): 1,
        ("elsewhere", "4xx"): 1,
    }
    up_to, seconds, requests = counting.durations()
    assert requests == 5
    assert seconds > 0
    assert [count for _, count in up_to] == sorted(count for _, count in up_to)


async def test_a_failure_is_counted_and_goes_on() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    counting = Counting(failing)
    with pytest.raises(RuntimeError):
        async with client(counting, PEER, {}) as browser:
            await browser.get("/glossary")
    assert counting.requests() == {("/glossary", "5xx"): 1}


async def test_only_sign_ins_that_are_not_taken_count_as_refused() -> None:
    statuses = iter([200, 403, 429, 303])

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        message: Message = {"type": "http.response.start", "status": next(statuses), "headers": []}
        await send(message)
        await send({"type": "http.response.body", "body": b""})

    counting = Counting(answering)
    async with client(counting, PEER, {}) as browser:
        await browser.get("/sign-in")
        for _ in range(3):
            await browser.post("/sign-in")
    assert counting.refused_sign_ins == 2
