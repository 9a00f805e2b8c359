"""My page shows a reader's own turns and nobody else's, and takes what they say of judgements."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.address import Place, beside
from ledger.keys import Keys, key_file
from ledger.store import Ledger
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.console.gate import Gate
from reports.console.own import Own
from tests.ledger.facts import answer, call, judgement, turn
from tests.ledger.server import emptied
from tests.reports.console.conftest import ADMISSION, PEER, READERS, SECRET, client, open_console

EVE, BEN = READERS["employee"], READERS["manager"]
Signed = Callable[[str], httpx.AsyncClient]


class People:
    """A ledger with turns of Eve's and Ben's."""

    def __init__(self, path: Place) -> None:
        self.path = path
        self.keys = Keys.load_or_create(key_file(beside(path)))
        with closing(Ledger.open(path)) as ledger:
            self.eves = self.enter(ledger, EVE, reasons=("asks for a plan with constraints",))
            self.bens = self.enter(ledger, BEN, assistant="Anthropic", reasons=("a secret of Ben's",))

    def enter(self, ledger: Ledger, name: str, reasons: tuple[str, ...] = (), **facts: Any) -> int:
        now = "2026-11-24T10:00:00.000Z"
        turn_id = ledger.open_turn(turn(at=now, person=self.keys.serving(now).key.digest("person", name), **facts))
        ledger.close_call(ledger.open_call(call(at=now), turn_id), answer())
        ledger.judge([judgement(turn_id, at=now, reasons=reasons)])
        return turn_id

    @contextmanager
    def gate(self, figures: Figures) -> Iterator[Gate]:
        with assembled(figures, ADMISSION, SECRET, own=Own(self.path, self.keys.persons)) as gate:
            yield gate


@pytest.fixture(params=["file", "server"])
def people(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setenv("HOME", str(tmp_path))
    return People(tmp_path / "usage.db" if request.param == "file" else request.getfixturevalue("database"))


@pytest.fixture
async def signed(people: People, figures: Figures) -> AsyncIterator[Signed]:
    opened: list[httpx.AsyncClient] = []
    with people.gate(figures) as gate:

        def open_(role: str) -> httpx.AsyncClient:
            opened.append(client(gate, PEER, {"X-Forwarded-User": READERS[role]}))
            return opened[-1]

        yield open_
        for each in opened:
            await each.aclose()


async def contest(browser: httpx.AsyncClient, turn_id: int, page: str = "", **form: str) -> httpx.Response:
    shown = await browser.get(page or f"/mine/{turn_id}")
    token = re.search(r'name="csrftoken" value="([^"]+)"', shown.text)
    data = {"csrftoken": token[1] if token else "", **form}
    headers = {"origin": "https://console.example.com"}
    return await browser.post(f"/mine/{turn_id}", data=data, headers=headers)


async def test_one_sees_ones_own_turns_alone(people: People, signed: Signed) -> None:
    eve, ben = signed("employee"), signed("manager")
    own = (await eve.get("/mine")).text
    assert f'href="/mine/{people.eves}"' in own
    assert f'href="/mine/{people.bens}"' not in own
    assert "Anthropic" not in own
    assert 'data-figure="turns">1<' in own
    why = await eve.get(f"/mine/{people.eves}")
    assert (why.status_code, "asks for a plan with constraints" in why.text) == (200, True)
    others = await eve.get(f"/mine/{people.bens}")
    assert (others.status_code, "secret" in others.text) == (404, False)
    assert (await ben.get(f"/mine/{people.bens}")).status_code == 200
    for number in (0, people.bens + 1, 10**14):
        assert (await eve.get(f"/mine/{number}")).status_code == 404
    assert "No turn of yours is kept" in (await signed("admin").get("/mine")).text


async def test_a_judgement_is_contested_and_taken_back(people: People, signed: Signed) -> None:
    eve = signed("employee")
    done = await contest(eve, people.eves, reason="It took me a day <b>", level="3", words="my words")
    assert (done.status_code, done.headers["location"]) == (303, f"/mine/{people.eves}")
    shown = (await eve.get(f"/mine/{people.eves}")).text
    assert "It took me a day &lt;b&gt;" in shown
    assert "as “substantive”" in shown
    assert ">contested<" in (await eve.get("/mine")).text
    with closing(Ledger.read(people.path)) as ledger:
        assert [each.contested for each in ledger.contests.counted(1)] == [1]
        assert [label.words for label in ledger.contests.labels()] == ["my words"]
    assert "my words" not in shown
    assert (await contest(eve, people.eves, withdraw="1")).status_code == 303
    assert "It took me" not in (await eve.get(f"/mine/{people.eves}")).text


async def test_nobody_contests_for_another_or_by_a_forged_form(people: People, signed: Signed) -> None:
    eve, ben = signed("employee"), signed("manager")
    own = f"/mine/{people.eves}"
    assert (await contest(eve, people.bens, page=own, reason="not mine")).status_code == 404
    for wrong in ({"reason": " "}, {"reason": "x", "level": "9"}, {"reason": "x", "level": "DROP"}, {}):
        assert (await contest(eve, people.eves, **wrong)).status_code == 400
    unsigned = await eve.post(own, data={"reason": "x"}, headers={"origin": "https://console.example.com"})
    foreign = await eve.post(own, data={"reason": "x"}, headers={"origin": "https://evil.example"})
    assert (unsigned.status_code, foreign.status_code) == (403, 403)
    assert (await contest(ben, people.eves, page=f"/mine/{people.bens}", withdraw="1")).status_code == 404
    with closing(Ledger.read(people.path)) as ledger:
        assert sum(each.contested for each in ledger.contests.counted(1)) == 0


async def test_turns_are_shown_a_page_at_a_time(people: People, signed: Signed) -> None:
    with closing(Ledger.open(people.path)) as ledger:
        for _ in range(60):
            people.enter(ledger, EVE)
    eve = signed("employee")
    first, second = (await eve.get("/mine")).text, (await eve.get("/mine?from=50")).text
    assert (first.count(">Why<"), second.count(">Why<")) == (50, 11)
    assert 'href="?from=50"' in first
    for odd in ("-1", "x", "9" * 30, "1e3"):
        assert (await eve.get(f"/mine?from={odd}")).text.count(">Why<") == 50


async def test_a_turn_that_waits_says_so_and_cannot_be_contested(people: People, signed: Signed) -> None:
    now = "2026-11-24T11:00:00.000Z"
    with closing(Ledger.open(people.path)) as ledger:
        waits = ledger.open_turn(turn(at=now, person=people.keys.serving(now).key.digest("person", EVE)))
    eve = signed("employee")
    assert "Not judged yet" in (await eve.get(f"/mine/{waits}")).text
    assert (await contest(eve, waits, page=f"/mine/{people.eves}", reason="early")).status_code == 404


async def test_a_ledger_that_is_away_is_said(people: People, signed: Signed) -> None:
    if isinstance(people.path, Path):
        people.path.rename(people.path.with_suffix(".away"))
    else:
        emptied(people.path)
    answered = await signed("employee").get("/mine")
    assert (answered.status_code, "try again" in answered.text) == (503, True)


async def test_without_sign_in_nobody_has_a_page(company: Path) -> None:
    async with open_console(company) as browser:
        assert (await browser.get("/mine")).status_code == 404
