"""The long run over all that reads bytes from the network: `make test-fuzz`. Each finding becomes a test of its own."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.keys import Keys
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.codings import Decoder
from proxy.conversation import CUT_MARK, MAX_ASK_CHARS
from proxy.dialects import DIALECTS
from proxy.exchange import AnswerBegan, AnswerBytes, Ended, Event, UnreadableExchange
from proxy.framing import framing_by_bytes, framing_by_type
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.interpreter import MAX_TOKENS, read_answer, read_request
from proxy.reading import Reply, Request
from proxy.routes import Routes
from proxy.sockets import SPEECHES
from tests.proxy.asking import asked
from tests.proxy.mutating import bent, broken, exchanges, split
from tests.proxy.sockets.talking import Socket, answer, assistant, create, user
from tests.proxy.upstream import PATIENCE

SECONDS = int(os.environ.get("FUZZ_SECONDS", "600"))
ROUND = 300  # examples, after which hypothesis begins anew: it dwells on what it knows
TYPES = (
    "text/event-stream",
    "application/json",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
    "text/x",
)

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(SECONDS + 300)]


def for_a_while(check: Callable[..., None], share: int) -> None:
    """Run a check with ever new examples for so many hundredths of the time."""
    once = settings(
        max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
    )(check)
    end = time.monotonic() + SECONDS * share / 100
    while True:
        once()
        if time.monotonic() > end:
            return


def read(case_headers: dict[str, str], dialect: str, path: str, body: bytes) -> Request | None:
    try:
        return read_request(DIALECTS[dialect], path, case_headers, body)
    except UnreadableExchange:
        return None


def answered(dialect: str, headers: dict[str, str], streamed: bool, pieces: list[bytes]) -> Reply | None:
    reader = read_answer(DIALECTS[dialect], headers, streamed)
    try:
        for piece in pieces:
            reader.feed(piece)
        return reader.end()
    except UnreadableExchange:
        return None


def fit(text: str) -> bool:
    text.encode()  # raises for lone surrogates
    return "\0" not in text and len(text) <= MAX_ASK_CHARS + len(CUT_MARK)


def test_requests() -> None:
    """Any bytes give a request that the ledger can hold, or are unreadable; in the case's dialect and in any other."""

    @given(exchanges("requests"), st.sampled_from(sorted(DIALECTS)), st.booleans())
    def check(bent_case: tuple[Any, str, bytes], other: str, crossed: bool) -> None:
        case, coding, body = bent_case
        headers = {**case.content.get("headers", {}), "content-encoding": coding}
        dialect = other if crossed else case.dialect.name
        request = read(headers, dialect, case.content.get("path", ""), body)
        if request is None:
            return
        assert all(map(fit, [request.text, request.opening, *(each.text for each in request.history)]))
        assert request.place >= 0
        assert request.tail in ("text", "tool_results", "mixed", "empty")
        for each in (request.model, request.user, request.conversation, request.signals.session, request.signals.turn):
            assert each is None or (each and fit(each))

    for_a_while(check, 30)


def test_answers() -> None:
    """Any bytes give a reply or are unreadable, whole and in pieces alike."""

    @given(st.data(), exchanges("answers"), st.sampled_from(sorted(DIALECTS)), st.sampled_from([None, *TYPES]))
    def check(data: st.DataObject, bent_case: tuple[Any, str, bytes], other: str, type_: str | None) -> None:
        case, coding, body = bent_case
        headers = {"content-type": type_ or case.content_type, **case.content.get("headers", {})}
        headers["content-encoding"] = coding
        dialect = other if data.draw(st.booleans()) else case.dialect.name
        streamed = data.draw(st.booleans())
        whole = answered(dialect, headers, streamed, [body])
        assert answered(dialect, headers, streamed, data.draw(split(body))) == whole
        if whole is not None:
            for tokens in (whole.input_tokens, whole.output_tokens):
                assert tokens is None or 0 <= tokens <= 10 * MAX_TOKENS

    for_a_while(check, 25)


def test_framings_and_codings() -> None:
    """Any bytes give the same parts and the same plain bytes, whole and in pieces."""

    @given(st.data(), exchanges("answers"), st.sampled_from(TYPES))
    def check(data: st.DataObject, bent_case: tuple[Any, str, bytes], type_: str) -> None:
        _, coding, body = bent_case
        streamed = data.draw(st.booleans())
        pieces = data.draw(split(body))

        def parts(pieces: list[bytes]) -> object:
            framing = framing_by_type(type_, streamed) or framing_by_bytes(pieces[0] or b"x", streamed)
            if framing is None:
                return None
            try:
                return [*(part for piece in pieces for part in framing.feed(piece)), *framing.end()]
            except UnreadableExchange:
                return None  # what is found wrong first may differ

        def plain(pieces: list[bytes]) -> object:
            decoder = Decoder(coding, 1 << 20)
            try:
                return b"".join(part for piece in pieces for part in decoder.feed(piece)), decoder.whole
            except UnreadableExchange:
                return None  # what is found wrong first may differ

        assert parts([body[:1], *data.draw(split(body[1:]))]) == parts([body[:1], body[1:]])
        assert plain(pieces) == plain([body])

    for_a_while(check, 15)


def test_sockets() -> None:
    """Whatever is said gives each exchange once and in order, whose body is read or unreadable."""
    responses = [create(user("Plan it")), *answer("r1", assistant("done"), {"type": "function_call"})]
    responses += [create(user("Go"), previous_response_id="r1", stream_id="a"), *answer("r2", stream_id="a")]
    responses += [{"type": "response.steer", "previous_response_id": "r2", "input": "Stop"}, create(generate=False)]
    session = {"id": "s", "model": "m", "audio": {"input": {"transcription": {}}}}
    kind = "conversation.item.input_audio_transcription.completed"
    realtime: list[dict[str, Any]] = [
        {"type": "session.created", "session": session},
        {"type": "conversation.item.create", "item": user("Plan it")},
        {"type": "response.create", "response": {"input": [user("Go")], "conversation": "none"}},
        {"type": "response.create", "event_id": "e1"},
        {"type": "input_audio_buffer.committed", "item_id": "i1"},
        {"type": "response.created", "response": {"id": "r1"}},
        {"type": kind, "item_id": "i1", "transcript": "Ship it"},
        {"type": "response.done", "response": {"id": "r1", "output": [assistant("done")]}},
        {"type": "error", "error": {"event_id": "e1"}},
    ]
    message = st.sampled_from(responses + realtime).flatmap(bent)

    @given(st.data(), st.sampled_from(sorted(SPEECHES)), st.lists(st.tuples(st.booleans(), message), max_size=25))
    def check(data: st.DataObject, dialect: str, talk: list[tuple[bool, Any]]) -> None:
        socket = Socket(dialect)
        for from_client, each in talk:
            say = socket.client if from_client else socket.server
            cut = data.draw(st.integers(0, 30)) == 0
            say(data.draw(broken(repr(each).encode())) if cut else each, cut=cut and data.draw(st.booleans()))
        for one in socket.close().exchanges:
            assert one.ended is not None
            if dialect in DIALECTS:
                read({}, dialect, one.asked.path, one.asked.body)
                if one.began is not None:
                    answered(dialect, dict(one.began.headers), True, [one.answer])

    for_a_while(check, 15)


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    keys = Keys.load_or_create(tmp_path / "key")
    routes = Routes([], [(f"/{name}", name) for name in DIALECTS])
    intake = Intake(lambda: Ledger.open(tmp_path / "usage.db"), Assembly(routes, Resolver(keys), keys))
    intake.start()
    yield intake
    intake.stop()


def test_all_the_way_into_the_ledger(intake: Intake) -> None:
    """Each request is a call, whatever is in it, and the ledger takes it at the first try."""
    put = 0

    @given(exchanges("requests"), exchanges("answers"), st.integers(100, 599))
    def check(request: tuple[Any, str, bytes], reply: tuple[Any, str, bytes], status: int) -> None:
        nonlocal put
        (case, coding, body), (answer_case, answer_coding, data) = request, reply
        headers = {**case.content.get("headers", {}), "content-encoding": coding, "user-agent": coding * 50}
        ask = replace(asked(body, headers=headers, path=f"/{case.dialect.name}"), host="a.example")
        answer_headers = {"content-type": answer_case.content_type, "content-encoding": answer_coding}
        events: list[Event] = [
            ask,
            AnswerBegan(ask.exchange, 2.0, status, answer_headers),
            AnswerBytes(ask.exchange, 3.0, data),
            Ended(ask.exchange, 4.0, whole=True, body_bytes=len(data)),
        ]
        for event in events:
            intake.put(event)
        put += 1
        end = time.monotonic() + PATIENCE
        while intake.counts.calls < put:
            assert intake.counts.ledger_faults == intake.counts.faults == 0
            assert time.monotonic() < end
            time.sleep(0.0005)

    for_a_while(check, 15)
    assert intake.counts.faults == intake.counts.ledger_faults == intake.counts.lost == 0
