"""A day in a chat window: what a browser sends becomes the turns that its person asked, by the routes that ship."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from config.routes import load_routes
from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from tests.ledger.facts import words
from tests.proxy.asking import asked
from tests.proxy.golden import FOLDER

JSON = {"content-type": "application/json"}
STARTED = b'{"status": true, "task_ids": ["t-1"]}'


def exchange(dialect: str, case: str, at: float) -> Iterable[Event]:
    """Give the events of a golden request, answered at once."""
    content = json.loads((FOLDER / dialect / "requests" / f"{case}.json").read_text(encoding="utf-8"))
    question: Asked = replace(
        asked(json.dumps(content["body"]).encode(), at=at, path=content["path"]), host="chat.example"
    )
    number = question.exchange
    ended = Ended(number, at + 2, whole=True, body_bytes=len(STARTED))
    return question, AnswerBegan(number, at + 1, 200, JSON), AnswerBytes(number, at + 1, STARTED), ended


@pytest.mark.parametrize(
    ("dialect", "cases", "texts", "kinds"),
    [
        pytest.param(
            "open-webui",
            ["first", "follow-up", "with-instructions", "continued", "scheduled"],
            ["Which clauses of our supplier", "And what would leaving in March", "Draft the notice letter."],
            {"prompt": 3, "retry": 1, "automation": 1},
            id="open-webui",
        ),
        pytest.param("open-webui-task", ["title", "tags", "autocomplete"], [], {"automation": 3}, id="titles and tags"),
        pytest.param(
            "librechat",
            ["first", "follow-up", "continued", "regenerated", "edited-ask", "steer"],
            ["Explain how our leave policy", "Now write that for the handbook", "Now write that for the intr", "Only"],
            {"prompt": 4, "retry": 2},
            id="librechat",
        ),
        pytest.param(
            "vercel-ai",
            ["first", "tool-result", "follow-up", "file"],
            ["Why do our returns rise in May?", "Which of them costs more?", "What does this chart hide?"],
            {"prompt": 3, "retry": 1},
            id="vercel-ai",
        ),
    ],
)
def test_a_day_in_a_chat_window(
    tmp_path: Path, dialect: str, cases: list[str], texts: list[str], kinds: dict[str, int]
) -> None:
    """Asked again, or gone on with, a question is one turn."""
    keys = Keys.load_or_create(tmp_path / "key")
    table = load_routes()
    routes = Routes(table.assistants, table.paths, table.hosted)
    intake = Intake(lambda: Ledger.open(tmp_path / "usage.db"), Assembly(routes, Resolver(keys), keys))
    intake.start()
    for place, case in enumerate(cases):
        for event in exchange(dialect, case, 1_795_000_000.0 + 90 * place):
            intake.put(event)
    intake.stop()
    with sqlite3.connect(tmp_path / "usage.db") as ledger:
        asks = [text or "" for text in words(tmp_path / "usage.db")]
        calls = ledger.execute("select dialect, kind, complete from calls").fetchall()
    ledger.close()
    assert [ask[: len(text)] for ask, text in zip(asks, texts, strict=True)] == texts
    assert Counter(kind for _, kind, _ in calls) == kinds
    assert {(named, complete) for named, _, complete in calls} == {(dialect, 1)}
