"""Bodies are cut into the same parts however their bytes come."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy import framing
from proxy.exchange import UnreadableExchange
from proxy.framing import EventStream, Framing, Part, WholeBody, framing_by_bytes, framing_by_type, read_json


def parts(stream: Framing, *pieces: bytes) -> list[Part]:
    return [part for piece in pieces for part in stream.feed(piece)] + list(stream.end())


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


EVENTS = [
    pytest.param(b"data: one\n\ndata: two\n\n", [Part(b"one"), Part(b"two")], id="line feeds"),
    pytest.param(b"data: one\r\n\r\ndata: two\r\n\r\n", [Part(b"one"), Part(b"two")], id="both"),
    pytest.param(b"data: one\r\rdata: two\r\r", [Part(b"one"), Part(b"two")], id="carriage returns"),
    pytest.param(b"data: one\r\n\n\rdata: two\n\r", [Part(b"one"), Part(b"two")], id="mixed ends"),
    pytest.param(b"\xef\xbb\xbfdata: one\n\n", [Part(b"one")], id="byte order mark"),
    pytest.param(b"\n\xef\xbb\xbfdata: one\n\n", [], id="a mark in the middle is part of a name"),
    pytest.param(b": hello\n\n:\n\ndata: one\n: between\n\n", [Part(b"one")], id="comments"),
    pytest.param(b"data: one\ndata:two\ndata\ndata:  three\n\n", [Part(b"one\ntwo\n\n three")], id="many lines"),
    pytest.param(b"data: one\r\ndata: two\r\n\r\n", [Part(b"one\ntwo")], id="many lines, both"),
    pytest.param(b"event: stop\ndata: one\n\ndata: two\n\n", [Part(b"one", "stop"), Part(b"two")], id="names"),
    pytest.param(b"event: stop\n\ndata: two\n\n", [Part(b"two")], id="a name alone is no event"),
    pytest.param(b"id: 1\nretry: 5\nrest\ndata: a:b\n\n", [Part(b"a:b")], id="other fields"),
    pytest.param(b"data: one\x0b\x0ctwo\xe2\x80\xa8\n\n", [Part(b"one\x0b\x0ctwo\xe2\x80\xa8")], id="no other ends"),
    pytest.param(b"data: one\n\ndata: [DONE]", [Part(b"one"), Part(b"[DONE]")], id="no end of line"),
    pytest.param(b"data: one\n\ndata: [DONE]\n", [Part(b"one"), Part(b"[DONE]")], id="no blank line"),
    pytest.param(b"event: \xff\ndata: \xff\n\n", [Part(b"\xff", "\ufffd")], id="no text"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("body", "events"), EVENTS)
def test_events_are_read_as_the_standard_says(body: bytes, events: list[Part]) -> None:
    """Whole and a byte at a time."""
    assert parts(EventStream(), body) == events
    assert parts(EventStream(), *bytewise(body)) == events


OVERSIZED = [
    pytest.param(b"data: " + b"x" * 40 + b"\n\ndata: one\n\n", id="one line"),
    pytest.param(b"data: 123456789\n" * 4 + b"\ndata: one\n\n", id="many lines"),
    pytest.param(b"data: before\n: " + b"x" * 40 + b"\ndata: after\n\ndata: one\n\n", id="a comment"),
    pytest.param(b"data: one\n\ndata: " + b"x" * 40, id="unended"),
    pytest.param(b"x" * 40 + b"\ndata: lost\n\ndata: one\n\n", id="the first line"),
]


@pytest.mark.parametrize("body", OVERSIZED)
def test_an_oversized_event_is_skipped(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is read, and nothing above the bound is held."""
    monkeypatch.setattr(framing, "MAX_EVENT_BYTES", 32)
    assert parts(EventStream(), body) == [Part(b"one")]
    assert parts(EventStream(), *bytewise(body)) == [Part(b"one")]


@settings(deadline=None)
@given(
    body=st.lists(st.sampled_from([b"data", b"event", b":", b" ", b"\r", b"\n", b"\xef\xbb\xbf", b"x", b"y" * 20])),
    cuts=st.lists(st.integers(0, 60)),
)
def test_events_do_not_depend_on_how_bytes_come(body: list[bytes], cuts: list[int]) -> None:
    """Any split gives the same events."""
    whole = b"".join(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "MAX_EVENT_BYTES", 24)
        pieces = [whole[a:b] for a, b in pairwise([0, *sorted(cuts), len(whole)])]
        tail = whole[max(cuts, default=0) :] if max(cuts, default=0) > len(whole) else b""
        assert parts(EventStream(), *pieces, tail) == parts(EventStream(), whole)


def test_a_whole_body_is_one_part() -> None:
    """It ends when its bytes do."""
    assert parts(WholeBody(), b'{"a', b'":1}') == [Part(b'{"a":1}')]
    assert parts(WholeBody()) == []


def test_a_whole_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first byte over the bound is refused."""
    monkeypatch.setattr(framing, "MAX_WHOLE_BYTES", 8)
    body = WholeBody()
    body.feed(b"12345678")
    with pytest.raises(UnreadableExchange, match="too large"):
        body.feed(b"9")


@pytest.mark.parametrize(
    ("content_type", "chosen"),
    [
        ("text/event-stream; charset=utf-8", EventStream),
        ("Application/JSON", WholeBody),
        ("text/html", type(None)),
        ("", type(None)),
    ],
)
def test_the_framing_is_told_by_the_content_type(content_type: str, chosen: type) -> None:
    """None where it says nothing."""
    assert type(framing_by_type(content_type)) is chosen


@pytest.mark.parametrize(
    ("begin", "streamed", "chosen"),
    [
        pytest.param(b"{", True, WholeBody, id="an object"),
        pytest.param(b"\xef\xbb\xbf[", True, WholeBody, id="a list behind a mark"),
        pytest.param(b"<html>", True, WholeBody, id="an error page"),
        pytest.param(b"data: 1", True, EventStream, id="an event"),
        pytest.param(b"gone", False, WholeBody, id="a text where no stream was asked for"),
        pytest.param(b"", True, type(None), id="nothing yet"),
        pytest.param(b"\xef\xbb", True, type(None), id="half a mark"),
    ],
)
def test_the_framing_is_told_by_the_first_bytes(begin: bytes, streamed: bool, chosen: type) -> None:
    """None where they are too few."""
    assert type(framing_by_bytes(begin, streamed)) is chosen


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="equal keys"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte order mark"),
        pytest.param(b"[Infinity, 1e999]", [float("inf"), float("inf")], id="no finite number"),
    ],
)
def test_odd_json_is_read(text: bytes, value: object) -> None:
    """As most readers do."""
    assert read_json(text) == value


def test_no_number_is_read() -> None:
    """NaN is what some servers write for nothing."""
    assert read_json(b"NaN") != read_json(b"NaN")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(b"", "no JSON", id="nothing"),
        pytest.param(b'{"a": "secret', "no JSON", id="cut"),
        pytest.param(b'"\xff secret"', "UTF-8", id="no UTF-8"),
        pytest.param('{"secret": 1}'.encode("utf-16"), "UTF-8", id="UTF-16"),
        pytest.param(b"[" * 100_000, "too deep", id="nested lists"),
        pytest.param(b'{"a":' * 100_000, "too deep", id="nested objects"),
        pytest.param(b"9" * 5_000, "no JSON", id="a number that takes minutes"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes, fault: str) -> None:
    """In one sentence that quotes nothing, with nothing behind it that does."""
    with pytest.raises(UnreadableExchange, match=fault) as refusal:
        read_json(text)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_json_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of brackets takes twenty times its size."""
    monkeypatch.setattr(framing, "MAX_JSON_VALUES", 3)  # and so no shorter text can hold more
    assert read_json(b"[[],0]") == [[], 0]
    with pytest.raises(UnreadableExchange, match="too many"):
        read_json(b"[[],{}]")
