"""Events become rows, exactly once, whatever the ledger does."""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.keys import Keys
from ledger.store import Ledger, LedgerError
from proxy.assembly import Assembly, Closing, Opening
from proxy.exchange import AnswerBegan, AnswerBytes, Asked, Ended, Event
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.routes import Routes
from tests.ledger.facts import words
from tests.proxy import amazon
from tests.proxy.asking import asked, chat, tool_loop

ROUTES = Routes(
    [("api.openai.com", "OpenAI")],
    [
        ("/chat/completions", "openai-chat"),
        ("/embeddings", None),
        ("/batches input_file_id", "prompt-batch"),
        ("/api/generate model", "ollama-generate"),
        ("/generateAssistantResponse conversationState", "amazon-q"),
    ],
)
ANSWER = b'{"id":"a","model":"stand-in-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}'


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "usage.db"


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    keys = Keys.load_or_create(tmp_path / "key")
    return Assembly(ROUTES, Resolver(keys), keys)


@pytest.fixture
def intake(db: Path, assembly: Assembly) -> Iterator[Intake]:
    intake = Intake(lambda: Ledger.open(db), assembly)
    intake.start()
    yield intake
    intake.stop()


def rows(db: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(db)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def answer(question: Asked, status: int = 200, data: bytes = ANSWER, whole: bool = True) -> list[Event]:
    """Give the events of an answer that comes 40 ms after its question and takes 60 ms."""
    number, at = question.exchange, question.at
    return [
        AnswerBegan(number, at + 0.03, status, {"content-type": "application/json"}),
        AnswerBytes(number, at + 0.04, data),
        Ended(number, at + 0.1, whole=whole, body_bytes=len(data)),
    ]


def exchange(intake: Intake, question: Asked, status: int = 200) -> None:
    for event in (question, *answer(question, status)):
        intake.put(event)


def exchange_with(intake: Intake, question: Asked, data: bytes) -> None:
    for event in (question, *answer(question, data=data)):
        intake.put(event)


def test_a_call_is_durable_before_its_answer(intake: Intake, db: Path) -> None:
    """Whoever kills the proxy after that finds the call and its turn, without an end."""
    question = asked(chat("why is the sky blue"))
    intake.put(question)
    if (durable := intake.durable(question.exchange)) is not None:
        durable.result(timeout=10)
    assert rows(db, "select kind, complete, duration_ms from calls") == [("prompt", 0, None)]
    assert words(db) == ["why is the sky blue"]


def test_an_answer_completes_its_call(intake: Intake, db: Path) -> None:
    """With what the assistant reported and what the clock says, in milliseconds."""
    exchange(intake, asked(chat("why")))
    intake.stop()
    facts = "select complete, http_status, model, input_tokens, output_tokens, ttft_ms, duration_ms from calls"
    assert rows(db, facts) == [(1, 200, "stand-in-1", 5, 7, 40.0, 100.0)]


def test_a_call_that_nobody_reads_is_counted_by_name(db: Path, tmp_path: Path) -> None:
    """Undocumented protobuf: its assistant, size and time are known, and nothing that was said."""
    keys = Keys.load_or_create(tmp_path / "key")
    routes = Routes([("cursor.sh", "Cursor")], [], [("cursor.sh", "/RunSSE", "cursor")])
    intake = Intake(lambda: Ledger.open(db), Assembly(routes, Resolver(keys), keys))
    intake.start()
    exchange_with(intake, replace(asked(b"\0\0\0\0\5hello", path="/AiService/RunSSE"), host="api2.cursor.sh"), b"\0\0")
    intake.stop()
    facts = "select assistant, dialect, kind, turn_id, request_bytes, response_bytes, complete, ttft_ms from calls"
    assert rows(db, facts) == [("Cursor", "cursor", "unreadable", None, 10, 2, 1, 40.0)]
    assert (intake.counts.unreadable, intake.counts.unreadable_answers) == (1, 0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"model": "m", "prompt": "def f(", "suffix": "): pass"}, "completion"),
        ({"model": "m", "keep_alive": -1}, "automation"),
    ],
)
def test_what_no_person_asked_is_a_call_without_a_turn(
    body: dict[str, object], kind: str, intake: Intake, db: Path
) -> None:
    """A completion at a cursor, and a model that is loaded."""
    exchange(intake, asked(json.dumps(body).encode(), path="/api/generate"))
    intake.stop()
    assert rows(db, "select kind, turn_id, dialect, complete from calls") == [(kind, None, "ollama-generate", 1)]
    assert rows(db, "select count(*) from turns") == [(0,)]


def test_a_body_that_fits_no_dialect_of_its_path_is_no_call(intake: Intake, db: Path) -> None:
    """Nor is its answer; one that can't be read at all is counted."""
    exchange(intake, asked(b'{"prompt": "x"}', path="/api/generate"))
    exchange(intake, asked(b"{", path="/api/generate"))
    intake.stop()
    assert rows(db, "select kind, dialect from calls") == [("unreadable", "ollama-generate")]
    assert (intake.counts.calls, intake.counts.lost, intake.counts.faults) == (1, 0, 0)


def test_what_tools_are_told_is_no_call(intake: Intake, db: Path) -> None:
    """MCP is spoken at whatever path, and hands over what may look like a prompt."""
    for method in ("tools/call", "sampling/createMessage"):
        rpc = {"jsonrpc": "2.0", "id": 1, "method": method, "messages": [{"role": "user", "content": "x"}]}
        exchange(intake, asked(json.dumps(rpc).encode()))
    exchange(intake, asked(chat("why")))
    intake.stop()
    assert rows(db, "select kind from calls") == [("prompt",)]


def test_a_batch_is_a_call_without_a_turn(intake: Intake, db: Path) -> None:
    """It may hold a thousand prompts, and no person waits for the answers."""
    exchange(intake, asked(b'{"input_file_id": "f", "endpoint": "/v1/responses"}', path="/v1/batches"))
    intake.stop()
    assert rows(db, "select kind, turn_id, dialect, complete from calls") == [("automation", None, "prompt-batch", 1)]


@pytest.mark.parametrize("whole", [True, False])
def test_where_a_format_has_no_end_http_tells_whether_an_answer_is_complete(
    whole: bool, intake: Intake, db: Path
) -> None:
    """Amazon Q's events just stop."""
    said = {"conversationState": {"currentMessage": {"userInputMessage": {"content": "x"}}}}
    question = asked(json.dumps(said).encode(), path="/generateAssistantResponse")
    _, *rest = answer(question, data=amazon.event("assistantResponseEvent", b'{"content":"y"}'), whole=whole)
    headers = {"content-type": "application/vnd.amazon.eventstream"}
    for each in (question, AnswerBegan(question.exchange, question.at, 200, headers), *rest):
        intake.put(each)
    intake.stop()
    assert rows(db, "select streamed, complete from calls") == [(1, whole)]


@pytest.mark.parametrize(
    ("headers", "kinds"),
    [
        ({"amz-sdk-request": "attempt=2; max=3"}, ["prompt", "retry"]),
        ({"amz-sdk-request": "attempt=1; max=3"}, ["prompt", "prompt"]),
        ({"amz-sdk-request": "attempt=1"}, ["prompt", "prompt"]),
        ({"amz-sdk-request": ""}, ["prompt", "prompt"]),
    ],
)
def test_amazons_sdks_count_their_tries(headers: dict[str, str], kinds: list[str], intake: Intake, db: Path) -> None:
    """The same words in a new conversation are a new ask, unless the client says that it tries again."""
    exchange(intake, asked(chat("why")))
    exchange(intake, asked(chat("why"), headers=headers))
    intake.stop()
    assert [kind for (kind,) in rows(db, "select kind from calls order by id")] == kinds


def test_three_hundred_calls_fold_into_exactly_their_turns(intake: Intake, db: Path) -> None:
    """190 prompts of which 20 are tried twice, 3 loops of 20 calls, 30 calls that are no prompts: 193 turns."""
    at = 1_795_000_000.0
    for number in range(190):
        failed = number < 20
        exchange(intake, asked(chat(f"question {number}"), at=at + number), status=500 if failed else 200)
        if failed:
            again = asked(chat(f"question {number}"), at=at + number + 1, headers={"x-stainless-retry-count": "1"})
            exchange(intake, again)
    for loop in range(3):
        for step in range(20):
            exchange(intake, asked(tool_loop(f"do the job {loop}", step), at=at + 1000 + step))
    for number in range(30):
        exchange(intake, asked(chat(f"{number}"), path="/v1/embeddings"))
    intake.stop()
    assert rows(db, "select count(*) from turns") == [(193,)]
    kinds = Counter(kind for (kind,) in rows(db, "select kind from calls"))
    assert kinds == {"prompt": 193, "retry": 20, "continuation": 57}
    assert rows(db, "select count(*) from calls where complete = 0") == [(0,)]


def test_folding_survives_a_restart(db: Path, assembly: Assembly) -> None:
    """A second process on the same ledger continues the loop that the first one saw begin."""
    for step in range(3):
        intake = Intake(lambda: Ledger.open(db), assembly)
        intake.start()
        exchange(intake, asked(tool_loop("mend the build", step)))
        intake.stop()
    assert rows(db, "select count(*) from turns") == [(1,)]
    assert rows(db, "select kind from calls order by id") == [("prompt",), ("continuation",), ("continuation",)]


@pytest.mark.parametrize("body", [b"not json", b"", b"[]", b'{"messages": 7}', b"\xff\xfe"])
def test_what_cannot_be_read_is_a_call_all_the_same(intake: Intake, db: Path, body: bytes) -> None:
    """Counted, without a turn."""
    exchange(intake, asked(body))
    intake.stop()
    assert rows(db, "select kind, turn_id, complete from calls") == [("unreadable", None, 1)]
    assert intake.counts.unreadable == 1


def test_an_error_is_no_answer_whatever_its_status(intake: Intake, db: Path) -> None:
    """Some gateways answer 200 with an error: who asks again then retries."""
    exchange_with(intake, asked(chat("why")), b'{"error":{"message":"overloaded"}}')
    exchange(intake, asked(chat("why")))
    intake.stop()
    assert rows(db, "select kind, complete from calls") == [("prompt", 0), ("retry", 1)]


def test_an_unreachable_assistant_leaves_a_call_with_the_status_that_the_client_got(intake: Intake, db: Path) -> None:
    """The human asked, and got a 502 from us."""
    question = asked(chat("anybody there"))
    intake.put(question)
    intake.put(Ended(question.exchange, question.at + 1, whole=False, status=502))
    intake.stop()
    assert rows(db, "select http_status, complete from calls") == [(502, 0)]
    assert rows(db, "select count(*) from turns") == [(1,)]


class Faulty(Assembly):
    """Has a bug that one text brings out."""

    def read(self, event: Event) -> Iterator[Opening | Closing]:
        if isinstance(event, Asked) and b"bug" in event.body:
            raise RuntimeError("a message that quotes the prompt")
        return super().read(event)


def test_a_bug_loses_its_own_event_and_says_so_without_its_message(
    db: Path, assembly: Assembly, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread goes on."""
    assembly.__class__ = Faulty
    intake = Intake(lambda: Ledger.open(db), assembly)
    intake.start()
    for text in ("one", "bug", "two"):
        exchange(intake, asked(chat(text)))
    intake.stop()
    assert rows(db, "select count(*) from turns") == [(2,)]
    assert intake.counts.faults == 1
    assert "quotes the prompt" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_past_the_bound_a_call_is_counted_as_lost(db: Path, assembly: Assembly) -> None:
    """The queue never grows past its bound, and nothing raises."""
    intake = Intake(lambda: Ledger.open(db), assembly, max_waiting_bytes=4000)
    for _ in range(10):  # not started: nothing is taken from the queue
        exchange(intake, asked(chat("hello")))
    assert intake.counts.lost == 7
    intake.start()
    intake.stop()
    assert rows(db, "select count(*) from calls") == [(3,)]


def test_an_answer_of_which_bytes_were_dropped_is_whole_as_http_says(db: Path, assembly: Assembly) -> None:
    """What could not be read to its end is not taken for cut: the client got all of it."""
    intake = Intake(lambda: Ledger.open(db), assembly, max_waiting_bytes=3000)
    exchange_with(intake, asked(chat("long")), b'{"usage":' + b" " * 4000)
    intake.start()
    intake.stop()
    assert intake.counts.dropped_bytes == 4009
    assert rows(db, "select complete, response_bytes, output_tokens from calls") == [(1, 4009, None)]


class TestKey:
    """A key that cannot be read when the process begins."""

    @staticmethod
    def without_key(tmp_path: Path, until: threading.Event) -> tuple[Callable[[], Assembly], threading.Event]:
        """Give what makes an assembly once `until` is set, and what tells that it was tried."""
        tried = threading.Event()

        def made() -> Assembly:
            tried.set()
            if not until.is_set():
                raise LedgerError("no key")
            keys = Keys.load_or_create(tmp_path / "key")
            return Assembly(ROUTES, Resolver(keys), keys)

        return made, tried

    def test_once_more_it_is_looked_for_before_the_process_ends(self, db: Path, tmp_path: Path) -> None:
        """It may be back since the last time."""
        back = threading.Event()
        make, tried = self.without_key(tmp_path, back)
        intake = Intake(lambda: Ledger.open(db), make, say=lambda _: None)
        intake.start()
        assert tried.wait(10)
        exchange(intake, asked(chat("patience")))
        back.set()
        intake.stop()
        assert words(db) == ["patience"]
        assert intake.counts.lost == 0

    def test_what_waited_for_it_in_vain_is_counted_in_the_ledger(self, db: Path, tmp_path: Path) -> None:
        make, tried = self.without_key(tmp_path, threading.Event())
        intake = Intake(lambda: Ledger.open(db), make, say=lambda _: None)
        intake.start()
        assert tried.wait(10)
        for text in ("one", "two"):
            exchange(intake, asked(chat(text)))
        intake.stop()
        assert rows(db, "SELECT calls, why FROM lost") == [(2, "no room to wait")]
        assert intake.counts.lost == 2


class Refusing(Ledger):
    """A ledger that another process keeps locked for a while."""

    unlocked: threading.Event
    tried: Callable[[], None]

    def open_call(self, *args: Any) -> int:
        if not self.unlocked.is_set():
            self.tried()
            raise sqlite3.OperationalError("database is locked")
        return super().open_call(*args)


def test_while_the_ledger_refuses_calls_wait_and_are_entered_once(
    db: Path, assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole transaction is tried again: no turn is doubled."""
    monkeypatch.setattr("proxy.delivery.PATIENCE_SECONDS", 0.001)
    tries = threading.Semaphore(0)

    def open_ledger() -> Ledger:
        ledger = Ledger.open(db)
        ledger.__class__ = Refusing
        return ledger

    monkeypatch.setattr(Refusing, "unlocked", threading.Event(), raising=False)
    monkeypatch.setattr(Refusing, "tried", staticmethod(tries.release), raising=False)
    intake = Intake(open_ledger, assembly)
    intake.start()
    exchange(intake, asked(chat("patience")))
    for _ in range(3):
        assert tries.acquire(timeout=10)
    Refusing.unlocked.set()
    # stopping at once would count the call as lost: wait until it is written
    question = asked(chat("and one more"))
    intake.put(question)
    if (durable := intake.durable(question.exchange)) is not None:
        durable.result(timeout=10)
    intake.stop()
    assert words(db) == ["patience", "and one more"]
    assert intake.counts.ledger_faults >= 3
    assert intake.counts.lost == 0
