"""Requests and answers are read whatever their coding and however their bytes come, or refused."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy import interpreter
from proxy.conversation import MAX_NAME_CHARS
from proxy.dialects import DIALECTS
from proxy.dialects.anthropic import ANTHROPIC_MESSAGES
from proxy.dialects.openai import OPENAI_CHAT
from proxy.dialects.table import Dialect
from proxy.exchange import UnreadableExchange
from proxy.interpreter import MAX_TOKENS, read_answer, read_request
from proxy.reading import Reply, Request
from tests.proxy.amazon import event, exception
from tests.proxy.compressing import COMPRESSED
from tests.proxy.golden import Case, cases

JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}
LINES = {"content-type": "application/x-ndjson"}
MESSAGES = {"content-type": "application/vnd.amazon.eventstream"}
codings = pytest.mark.parametrize(("coding", "compress"), COMPRESSED.values(), ids=COMPRESSED)
dialects = st.sampled_from(list(DIALECTS.values()))


def chat(**fields: Any) -> Request:
    return read_request(
        OPENAI_CHAT, "", {}, json.dumps({"messages": [{"role": "user", "content": "x"}], **fields}).encode()
    )


def reply(headers: Mapping[str, str], *pieces: bytes, dialect: Dialect = OPENAI_CHAT, streamed: bool = True) -> Reply:
    reader = read_answer(dialect, headers, streamed)
    for piece in pieces:
        reader.feed(piece)
    return reader.end()


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


@codings
@pytest.mark.parametrize("case", cases("requests"), ids=lambda case: case.id)
def test_a_request_reads_the_same_in_each_coding(case: Case, coding: str, compress: Callable[[bytes], bytes]) -> None:
    """Clients may compress what they send."""
    assert case.outcome(coding, [compress(case.body)]) == case.content["outcome"]


@codings
@pytest.mark.parametrize("case", cases("answers"), ids=lambda case: case.id)
def test_an_answer_reads_the_same_a_byte_at_a_time(case: Case, coding: str, compress: Callable[[bytes], bytes]) -> None:
    """In each coding."""
    body = compress(case.body)
    assert case.outcome(coding, [body]) == case.content["outcome"]
    assert case.outcome(coding, bytewise(body)) == case.content["outcome"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"null", b'"hi"', b"{}", b'{"messages": {}}', b"\xff", b"[" * 9_999]
)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_what_is_no_request_is_refused(dialect: Dialect, body: bytes) -> None:
    """It is counted, and passed on untouched."""
    with pytest.raises(UnreadableExchange):
        read_request(dialect, "", {}, body)


def test_text_reaches_sqlite_whatever_it_holds() -> None:
    """Half a character would be refused by the ledger, and with it the call."""
    body = (
        b'{"model": "m\\udfff", "user": "u\\ud800", "metadata": {"session_id": "s\\ud800"}, "messages": ['
        b'{"role": "user", "content": "a\\ud800"}, {"role": "assistant", "content": "b\\u0000"},'
        b'{"role": "user", "content": "c\\udc00\\ud83d\\ude00"}]}'
    )
    read = read_request(OPENAI_CHAT, "", {}, body)
    assert (read.text, read.opening, read.model, read.user) == ("c�😀", "a�", "m�", "u�")
    values = (read.text, read.opening, read.model, read.user, read.conversation, *(m.text for m in read.history))
    with sqlite3.connect(":memory:") as ledger:
        assert ledger.execute(f"VALUES ({','.join('?' * len(values))})", values).fetchone() == values
    ledger.close()


@pytest.mark.parametrize("name", ["", "  ", 7, None, ["x"], "x" * (MAX_NAME_CHARS + 1)])
def test_what_is_no_name_names_nobody(name: object) -> None:
    """A later claim may."""
    read = chat(user=name, model=name, safety_identifier="s-1", metadata={"thread_id": name, "session_id": "c-1"})
    assert (read.user, read.model, read.conversation) == ("s-1", None, "c-1")


@pytest.mark.parametrize("user_id", ['{"device_id": "d"', "{}", "[]", '{"session_id": 5}'])
def test_a_structured_id_that_cannot_be_read_names_nobody(user_id: str) -> None:
    """Taken whole it would make a person of each session."""
    body = {"messages": [{"role": "user", "content": "x"}], "metadata": {"user_id": user_id}}
    read = read_request(ANTHROPIC_MESSAGES, "", {}, json.dumps(body).encode())
    assert read.conversation is None
    assert read.user == ("[]" if user_id == "[]" else None)


def test_an_answer_without_bytes_is_not_complete() -> None:
    """The client left before it came."""
    assert reply(JSON) == reply(JSON, b"") == reply({}, b" \n") == Reply(False, None, None, None, False)


def test_a_reader_can_be_made_for_any_coding() -> None:
    """It is the bytes that can't be read."""
    reader = read_answer(OPENAI_CHAT, {"content-encoding": "rot13"}, True)
    with pytest.raises(UnreadableExchange, match="content-encoding"):
        reader.feed(b"{}")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(JSON, b'{"model": "m", "choi', id="cut"),
        pytest.param(JSON, b"[1]", id="no object"),
        pytest.param({"content-type": "text/html"}, b"<html>Bad Gateway</html>", id="an error page"),
        pytest.param(EVENTS, b"data: 1\n\ndata: {\n\n", id="no event is an object"),
        pytest.param(EVENTS | {"content-encoding": "gzip"}, b"data: {}\n\n", id="not compressed"),
    ],
)
def test_an_answer_of_which_nothing_can_be_read_is_refused(headers: dict[str, str], body: bytes) -> None:
    """Whole and a byte at a time."""
    for pieces in ([body], bytewise(body)):
        with pytest.raises(UnreadableExchange):
            reply(headers, *pieces)


def test_a_framing_is_told_without_a_content_type() -> None:
    """By the first byte that isn't blank, whenever it comes."""
    for body in (b' \n{"model": "m"}', b'\xef\xbb\xbfdata: {"model": "m"}\n\ndata: [DONE]\n\n'):
        assert reply({}, body) == reply({}, *bytewise(body)) == Reply(True, "m", None, None, False)


@pytest.mark.parametrize("blanks", [b"\n", b"\n ", b" \r\n\n "])
def test_blanks_before_an_event_read_the_same_in_any_split(blanks: bytes) -> None:
    """A blank that begins a line belongs to the field's name, so the event is none."""
    body = blanks + b'data: {"model": "m"}\n\n'
    assert reply(EVENTS, body) == reply(EVENTS, *bytewise(body))
    assert reply({}, body) == reply({}, *bytewise(body)) == Reply(False, "m", None, None, False)


@pytest.mark.parametrize("number", [-1, 1.0, "5", True, None, MAX_TOKENS + 1, 10**40, [5]])
def test_what_is_no_count_is_not_reported(number: object) -> None:
    """None is not 0."""
    body = json.dumps({"usage": {"prompt_tokens": number, "completion_tokens": 0}}).encode()
    assert reply(JSON, body) == Reply(True, None, None, 0, False)


def test_a_decompressed_stream_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream never ends by itself."""
    monkeypatch.setattr(interpreter, "MAX_STREAM_BYTES", 100)
    coding, compress = COMPRESSED["gzip"]
    with pytest.raises(UnreadableExchange, match="too large"):
        reply(EVENTS | {"content-encoding": coding}, compress(b": still here\n" * 99))


@pytest.mark.parametrize("events", [b"data: {}\n\n" * 4, b"data: 1\n\n" * 4])
def test_the_parts_of_an_answer_are_bounded(events: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they are, each costs time."""
    monkeypatch.setattr(interpreter, "MAX_PARTS", 3)
    for pieces in ([events], bytewise(events)):
        with pytest.raises(UnreadableExchange, match="too many parts"):
            reply(EVENTS, *pieces)


def test_no_text_of_the_answer_is_kept() -> None:
    """Only its facts leave the reader."""
    reader = read_answer(OPENAI_CHAT, EVENTS, True)
    reader.feed(b'data: {"choices": [{"delta": {"content": "a secret"}, "finish_reason": null}]}\n\n')
    assert "secret" not in repr(vars(reader))
    assert "secret" not in repr(reader.end())


def read_anyhow(dialect: Dialect, headers: Mapping[str, str], streamed: bool, *pieces: bytes) -> Reply | None:
    """Give None where the answer is refused."""
    try:
        return reply(headers, *pieces, dialect=dialect, streamed=streamed)
    except UnreadableExchange:
        return None


WHOLE_BODIES = {
    kind: [case for case in cases(kind) if isinstance(case.content["body"], dict)] for kind in ("requests", "answers")
}
# A small alphabet: hypothesis takes seconds to prepare all of Unicode.
TEXTS = st.sampled_from(["user", "assistant", "tool_result"]) | st.text("a \n\0é😀\ud800", max_size=8)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "type", "text"]), inner),
    max_leaves=8,
)


def places(value: object) -> list[tuple[Any, Any]]:
    """Give every (container, key) inside a JSON value."""
    match value:
        case dict():
            keys: list[Any] = list(value)
        case list():
            keys = list(range(len(value)))
        case _:
            return []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> tuple[Dialect, bytes]:
    """Give a recorded body with a few of its values replaced or left out."""
    case = draw(st.sampled_from(WHOLE_BODIES[kind]))
    body = json.loads(case.body)
    for _ in range(draw(st.integers(1, 3))):
        if where := places(body):
            container, key = draw(st.sampled_from(where))
            if draw(st.booleans()):
                container[key] = draw(values)
            else:
                del container[key]
    return case.dialect, json.dumps(body).encode()


@settings(deadline=None)
@given(dialect=dialects, coding=st.sampled_from(["", "gzip", "br", "zstd", "deflate"]), body=st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(dialect: Dialect, coding: str, body: bytes) -> None:
    """Nothing else can happen."""
    with suppress(UnreadableExchange):
        assert isinstance(read_request(dialect, "", {"content-encoding": coding}, body), Request)


@settings(deadline=None)
@given(mutated("requests"))
def test_any_json_is_a_request_or_refused(request_: tuple[Dialect, bytes]) -> None:
    """Bodies that are nearly right are the likeliest."""
    dialect, body = request_
    try:
        read = read_request(dialect, "", {}, body)
    except UnreadableExchange:
        return
    "".join([read.text, read.opening, *(message.text for message in read.history)]).encode()
    assert read.place >= 0


# What streams are made of, and what breaks them.
FRAGMENTS = (
    *(b"data: ", b"event: error", b": ", b"\n", b"\r\n", b"\r", b" ", b"\xef\xbb\xbf", b"\xff", b"<", b"[DONE]"),
    *(
        b"{}",
        b'{"usage":{"prompt_tokens":3,"output_tokens":5}}',
        b'{"type":"message_stop"}',
        b'{"error":1}',
        b'{"model"',
    ),
    *(b"[", b",", b"]", b'{"done":true,"eval_count":3}'),
    *(event("messageStop", b'{"stopReason":"x"}'), exception("e", b"{}"), event("chunk", b'{"bytes":"e30="}')[:30]),
)


@settings(deadline=None, max_examples=200)
@given(
    dialect=dialects,
    headers=st.sampled_from([{}, JSON, EVENTS, LINES, MESSAGES, {"content-type": "text/html"}]),
    streamed=st.booleans(),
    coded=st.sampled_from(list(COMPRESSED.values())),
    really=st.booleans(),
    body=st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join), st.binary(max_size=60)),
    data=st.data(),
)
def test_any_bytes_are_a_reply_or_refused_in_any_split(
    dialect: Dialect,
    headers: dict[str, str],
    streamed: bool,
    coded: tuple[str, Callable[[bytes], bytes]],
    really: bool,
    body: bytes,
    data: st.DataObject,
) -> None:
    """The split makes no difference, whether or not the bytes are what the headers say."""
    coding, compress = coded
    headers = headers | {"content-encoding": coding}
    body = compress(body) if really else body
    cut = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4)))
    pieces = [body[a:b] for a, b in zip([0, *cut], [*cut, len(body)], strict=True)]
    whole = read_anyhow(dialect, headers, streamed, body)
    assert read_anyhow(dialect, headers, streamed, *pieces) == whole
    assert read_anyhow(dialect, headers, streamed, *bytewise(body)) == whole


@settings(deadline=None)
@given(mutated("answers"))
def test_any_json_is_a_reply_or_refused(answer: tuple[Dialect, bytes]) -> None:
    """Streamed in one event, or as a whole body."""
    dialect, body = answer
    for headers, sent in ((JSON, body), (EVENTS, b"data: " + body + b"\n\n")):
        read = read_anyhow(dialect, headers, True, sent)
        assert read is None or read.complete or headers is EVENTS


def test_stored_prompts_are_told_apart_by_name_and_by_what_is_filled_in() -> None:
    """Their words stand at the assistant, so nothing else could tell that two are two asks."""
    prompts = [{"id": "a"}, {"id": "b"}, {"id": "a", "variables": {"city": "Ghent"}}, {"variables": {}, "id": "a"}]
    read = [
        read_request(DIALECTS["openai-responses"], "", {}, json.dumps({"prompt": prompt}).encode())
        for prompt in prompts
    ]
    assert len({each.stored for each in read}) == 4
    assert all(each.text == "" for each in read)
    assert "Ghent" not in repr(read)
