"""People's asks are counted: as many turns as were typed, each with its words and with every call that it caused."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from tests.ledger.facts import words
from tests.proxy.acting import CLIENTS, Session, Step, Typed
from tests.proxy.asking import asked

NOON = 1_795_000_000.0
PATHS = [
    ("/chat/completions user_message", "open-webui"),
    ("/chat/completions", "openai-chat"),
    ("/v1/messages", "anthropic-messages"),
]
ROUTES = Routes([("assistant.example", "Assistant")], PATHS)
PEOPLE = ("127.0.0.1", "127.0.0.2")
SKEW = 0.2  # seconds between the proxies' clocks


class Proxies:
    """Two of them on one ledger. Each exchange passes through one, and either may be started again at any time."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.db = folder / "usage.db"
        self._keys = Keys.load_or_create(folder / "key")
        self._random = random
        self._intakes = [self._started(), self._started()]

    def pass_on(self, steps: list[tuple[float, Step]]) -> None:
        """Pass exchanges on, all of them asked before any is answered."""
        which = [self._random.randrange(2) for _ in steps]
        questions = [_question(at + SKEW * number, step) for (at, step), number in zip(steps, which, strict=True)]
        for question, number in zip(questions, which, strict=True):
            self._put(number, [question])
        for question, number, (_, step) in zip(questions, which, steps, strict=True):
            self._put(number, _answer(question, step))
        if self._random.random() < 0.1:
            number = self._random.randrange(2)
            self._stop(number)
            self._intakes[number] = self._started()

    def stop(self) -> None:
        for number in range(2):
            self._stop(number)

    def _put(self, number: int, events: list[Event]) -> None:
        """Put events, and wait until they are in the ledger."""
        end = asked(b"{}", path="/v1/models")
        for event in (*events, end):
            self._intakes[number].put(event)
        if (durable := self._intakes[number].durable(end.exchange)) is not None:
            durable.result(timeout=20)

    def _started(self) -> Intake:
        intake = Intake(lambda: Ledger.open(self.db), Assembly(ROUTES, Resolver(self._keys), self._keys))
        intake.start()
        return intake

    def _stop(self, number: int) -> None:
        counts = self._intakes[number].counts
        self._intakes[number].stop()
        assert (counts.lost, counts.faults, counts.unreadable) == (0, 0, 0)


def _question(at: float, step: Step) -> Asked:
    body = json.dumps(step.fields).encode()
    return replace(asked(body, at=at, headers=step.headers, path=step.path, peer=step.person), host="assistant.example")


def _answer(question: Asked, step: Step) -> list[Event]:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "input_tokens": 1, "output_tokens": 1}
    data = json.dumps({"model": f"ask {step.ask}", "type": "message", "choices": [], "usage": usage}).encode()
    if step.failed:
        data = json.dumps({"model": f"ask {step.ask}", "error": {"message": "overloaded"}, "usage": usage}).encode()
    number, at = question.exchange, question.at
    return [
        AnswerBegan(number, at + 0.05, 529 if step.failed else 200, {"content-type": "application/json"}),
        AnswerBytes(number, at + 0.05, data),
        Ended(number, at + 0.1, whole=True, body_bytes=len(data)),
    ]


def _interleaved(sessions: list[Iterator[Step]], random: Random) -> Iterator[list[tuple[float, Step]]]:
    """Give the steps of all sessions in the order of their times, those together that overlap."""
    clocks = [(NOON + random.random() * 100, number) for number in range(len(sessions))]
    while clocks:
        at, number = heappop(clocks)
        together: list[tuple[float, Step]] = []
        for step in sessions[number]:
            at += step.wait
            together.append((at, step))
            if not step.overlaps:
                heappush(clocks, (at, number))
                break
        if together:
            yield together


@settings(deadline=None, max_examples=20)
@given(
    people=st.lists(st.tuples(st.sampled_from(CLIENTS), st.sampled_from(PEOPLE)), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_every_ask_is_one_turn_with_all_its_calls(people: list[tuple[type[Session], str]], seed: int) -> None:
    """Whatever agents make of it, through two proxies, with others in between."""
    random, typed = Random(seed), Typed()
    sessions = [client(random, typed, person, number) for number, (client, person) in enumerate(people)]
    made: list[Step] = []
    # A proxy that is stopped with nothing to enter does not wait for the thread that opens the ledger.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        proxies = Proxies(Path(folder), random)
        stack.callback(proxies.stop)
        for together in _interleaved([session.steps() for session in sessions], random):
            made += [step for _, step in together]
            proxies.pass_on(together)
        stack.close()
        with closing(sqlite3.connect(proxies.db)) as ledger:
            calls = ledger.execute("SELECT model, kind, turn_id FROM calls ORDER BY id").fetchall()
            ids = [turn_id for (turn_id,) in ledger.execute("SELECT id FROM turns ORDER BY id")]
            texts = dict(zip(ids, (text or "" for text in words(proxies.db)), strict=True))
            (counted,) = ledger.execute("SELECT sum(tokens) FROM valued_turns").fetchone()
    assert sorted(texts.values()) == sorted(typed.texts)
    assert [model for model, _, _ in calls] == [f"ask {step.ask}" for step in made]
    turn_of = {model: turn_id for model, kind, turn_id in calls if kind == "prompt"}
    assert [(model, kind, turn_id) for model, kind, turn_id in calls if turn_of.get(model) != turn_id] == []
    assert {model: texts[turn_id] for model, turn_id in turn_of.items()} == {
        f"ask {number}": text for number, text in enumerate(typed.texts)
    }
    assert counted == 2 * len(made)
