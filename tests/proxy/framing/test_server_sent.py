"""Server-sent events are cut into the same parts however their bytes come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.framing import Part, server_sent
from proxy.framing.server_sent import EventStream
from tests.proxy.framing.cutting import bytewise, parts, pieces

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
    monkeypatch.setattr(server_sent, "MAX_EVENT_BYTES", 32)
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
        patch.setattr(server_sent, "MAX_EVENT_BYTES", 24)
        assert parts(EventStream(), *pieces(whole, cuts)) == parts(EventStream(), whole)
