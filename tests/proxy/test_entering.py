"""Calls find their turns in the ledger, whichever proxy saw them and in whatever order they come."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from tests.ledger.facts import words
from tests.proxy.asking import asked, chat

NOON = 1_795_000_000.0
ANSWER = b'{"id":"a","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}'
ROUTES = Routes(
    [("api.openai.com", "OpenAI")], [("/chat/completions", "openai-chat"), ("/responses", "openai-responses")]
)
SESSION = {"user-agent": "opencode/1", "x-session-id": "ses_1"}
TITLE = {"role": "system", "content": "You are a title generator. You output ONLY a thread title."}

Opened = Callable[[], Intake]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "usage.db"


@pytest.fixture
def open_intake(db: Path, tmp_path: Path) -> Iterator[Opened]:
    """Start proxies' intakes on one ledger, each with a connection of its own."""
    keys = Keys.load_or_create(tmp_path / "key")
    started: list[Intake] = []

    def opened() -> Intake:
        intake = Intake(lambda: Ledger.open(db), Assembly(ROUTES, Resolver(keys), keys))
        intake.start()
        started.append(intake)
        return intake

    yield opened
    for intake in started:
        intake.stop()
        assert intake.counts.faults == 0


def rows(db: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(sql).fetchall()


def kinds(db: Path) -> list[tuple[Any, ...]]:
    return rows(db, "SELECT kind, turn_id FROM calls ORDER BY id")


def exchange(intake: Intake, question: Asked, answer: bytes = ANSWER) -> None:
    """Ask and be answered within two tenths of a second; wait until both are in the ledger."""
    number, at = question.exchange, question.at
    events: list[Event] = [
        question,
        AnswerBegan(number, at + 0.1, 200, {"content-type": "application/json"}),
        AnswerBytes(number, at + 0.1, answer),
        Ended(number, at + 0.2, whole=True, body_bytes=len(answer)),
    ]
    for event in events:
        intake.put(event)
    marker = asked(b"{}", path="/v1/models", at=at)  # no call; behind them in the queue
    intake.put(marker)
    if (durable := intake.durable(marker.exchange)) is not None:
        durable.result(timeout=20)


def title(text: str, at: float, **headers: str) -> Asked:
    messages = [TITLE, {"role": "user", "content": "Generate a title for this conversation:\n"}]
    body = {"model": "small", "messages": [*messages, {"role": "user", "content": text}]}
    return asked(json.dumps(body).encode(), at=at, headers=SESSION | headers)


@pytest.mark.parametrize("title_at", [NOON - 0.5, NOON + 0.5])
def test_a_title_is_of_its_turn_whether_it_comes_before_or_after(
    open_intake: Opened, db: Path, title_at: float
) -> None:
    """Its tokens are the turn's, and its model is not."""
    main = asked(chat("why is it slow", model="large"), at=NOON, headers=SESSION)
    for question in sorted((main, title("why is it slow", title_at)), key=lambda one: one.at):
        exchange(open_intake(), question)
    assert sorted(kinds(db)) == [("automation", 1), ("prompt", 1)]
    assert rows(db, "SELECT calls, tokens FROM valued_turns") == [(2, 24)]
    assert rows(db, "SELECT model FROM turn_values") == [("large",)]


def test_a_title_before_the_second_ask_is_of_the_second(open_intake: Opened, db: Path) -> None:
    """Though the first turn was called a moment ago."""
    intake = open_intake()
    exchange(intake, asked(chat("why"), at=NOON, headers=SESSION))
    exchange(intake, title("and then", NOON + 30))
    exchange(intake, asked(chat("why", "so", "and then"), at=NOON + 30.5, headers=SESSION))
    assert kinds(db) == [("prompt", 1), ("automation", 2), ("prompt", 2)]


def test_automation_that_serves_nobody_makes_no_turn(open_intake: Opened, db: Path) -> None:
    """Nor is it of another session's turn, or of another person's."""
    intake = open_intake()
    exchange(intake, asked(chat("why"), at=NOON, headers=SESSION))
    exchange(intake, title("else", NOON + 1, **{"x-session-id": "ses_2"}))
    exchange(intake, replace(title("else", NOON + 2), peer="127.0.0.2"))
    assert kinds(db) == [("prompt", 1), ("automation", None), ("automation", None)]


def test_a_task_without_any_id_is_of_the_turn_that_it_quotes(open_intake: Opened, db: Path) -> None:
    """A chat window's server asks for many people with one key, and tells nobody which."""
    intake = open_intake()
    headers = {"user-agent": "Python/3.12 aiohttp/3.13"}
    for number, text in enumerate(("plan the move", "name a town")):
        exchange(intake, asked(chat(text), at=NOON + number, headers=headers))
    history = "<chat_history>\nUSER: plan the move\nASSISTANT: so\n</chat_history>"
    task = f"### Task:\nGenerate 1-3 broad tags categorizing the main themes\n{history}"
    exchange(intake, asked(chat(task), at=NOON + 9, headers=headers))
    assert kinds(db) == [("prompt", 1), ("prompt", 2), ("automation", 1)]
    assert rows(db, "SELECT calls, tokens FROM valued_turns ORDER BY at") == [(2, 24), (1, 12)]


def test_an_agents_calls_are_of_the_turn_under_way(open_intake: Opened, db: Path) -> None:
    """Whatever conversation they hold; without a turn they stand alone. All their usage counts."""
    agents = SESSION | {"x-session-id": "ses_2", "x-parent-session-id": "ses_1"}
    intake = open_intake()
    exchange(intake, asked(chat("look for it"), at=NOON - 1, headers=agents))
    exchange(intake, asked(chat("mend it"), at=NOON, headers=SESSION))
    for number in range(3):
        exchange(open_intake(), asked(chat(f"look for it in {number}"), at=NOON + 1 + number, headers=agents))
    assert kinds(db) == [("continuation", None), ("prompt", 1), *[("continuation", 1)] * 3]
    assert rows(db, "SELECT calls, tokens FROM valued_turns") == [(4, 48)]


def test_what_is_done_for_an_agent_before_its_call_is_of_its_turn(open_intake: Opened, db: Path) -> None:
    """As a router that chooses the agent's model; without any id of a session."""
    headers = {"user-agent": "QwenCode/0.24.4"}
    intake = open_intake()
    exchange(intake, asked(chat("mend it"), at=NOON, headers=headers))
    for number, system in enumerate(
        ("You are a security classifier for an AI coding agent", "You are a file search specialist agent.")
    ):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": "look for it"}]
        body = json.dumps({"model": "small", "messages": messages}).encode()
        exchange(intake, asked(body, at=NOON + 1 + number, headers=headers))
    assert kinds(db) == [("prompt", 1), ("automation", 1), ("continuation", 1)]


def test_two_proxies_that_see_one_ask_at_once_open_one_turn(open_intake: Opened, db: Path) -> None:
    """Whichever enters it first."""
    intakes = [open_intake(), open_intake()]
    for number in range(20):
        together = threading.Barrier(2)

        def ask(intake: Intake, number: int = number, together: threading.Barrier = together) -> None:
            question = asked(chat(f"question {number}"), at=NOON + number, headers=SESSION)
            together.wait()
            intake.put(question)
            if (durable := intake.durable(question.exchange)) is not None:
                durable.result(timeout=20)

        threads = [threading.Thread(target=ask, args=(intake,)) for intake in intakes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert rows(db, "SELECT count(*) FROM turns") == [(20,)]
    assert rows(db, "SELECT kind, count(*) FROM calls GROUP BY kind ORDER BY kind") == [("prompt", 20), ("retry", 20)]


def response(at: float, number: int, said: object, previous: str | None = None) -> tuple[Asked, bytes]:
    """Write a request of the Responses API and its answer `r<number>`."""
    body = {"model": "m", "input": said} | ({"previous_response_id": previous} if previous else {})
    question = asked(json.dumps(body).encode(), at=at, path="/v1/responses")
    usage = {"input_tokens": 5, "output_tokens": 7}
    return question, json.dumps({"id": f"r{number}", "status": "completed", "output": [], "usage": usage}).encode()


def test_a_request_that_goes_on_from_an_answer_finds_its_turn(open_intake: Opened, db: Path) -> None:
    """The assistant keeps the history: tools are of the turn under way, words are a new one in its conversation."""
    output = [{"type": "function_call_output", "call_id": "c1", "output": "much"}]
    steps: list[tuple[object, str | None]] = [
        ("mend it", None),
        (output, "r0"),
        ("continue", "r1"),
        ("continue", "r1"),  # another answer to the same
        ("continue", "r2"),
        (output, "of another ledger"),
    ]
    for number, (said, previous) in enumerate(steps):
        exchange(open_intake(), *response(NOON + 100 * number, number, said, previous))
    assert [turn_id for _, turn_id in kinds(db)] == [1, 1, 2, 2, 3, None]
    assert words(db) == ["mend it", "continue", "continue"]
    assert rows(db, "SELECT count(DISTINCT conversation) FROM turns") == [(1,)]
