"""The framing of a body is told by its type, or by its first bytes."""

import pytest

from proxy.framing import framing_by_bytes, framing_by_type
from proxy.framing.amazon import AmazonEventStream
from proxy.framing.json_texts import JsonLines, JsonList, WholeBody
from proxy.framing.server_sent import EventStream


@pytest.mark.parametrize(
    ("content_type", "streamed", "chosen"),
    [
        ("text/event-stream; charset=utf-8", False, EventStream),
        ("application/vnd.amazon.eventstream", True, AmazonEventStream),
        ("application/x-ndjson", True, JsonLines),
        ("Application/JSON", False, WholeBody),
        ("application/json", True, type(None)),
        ("text/html", True, type(None)),
        ("", False, type(None)),
    ],
)
def test_the_framing_is_told_by_the_content_type(content_type: str, streamed: bool, chosen: type) -> None:
    """None where it says nothing."""
    assert type(framing_by_type(content_type, streamed)) is chosen


@pytest.mark.parametrize(
    ("begin", "streamed", "chosen"),
    [
        pytest.param(b"{", True, WholeBody, id="an object"),
        pytest.param(b"\xef\xbb\xbf[", True, JsonList, id="a list behind a mark"),
        pytest.param(b"<html>", True, WholeBody, id="an error page"),
        pytest.param(b"[", False, WholeBody, id="a list where no stream was asked for"),
        pytest.param(b"data: 1", True, EventStream, id="an event"),
        pytest.param(b"gone", False, WholeBody, id="a text where no stream was asked for"),
        pytest.param(b"", True, type(None), id="nothing yet"),
        pytest.param(b"\xef\xbb", True, type(None), id="half a mark"),
    ],
)
def test_the_framing_is_told_by_the_first_bytes(begin: bytes, streamed: bool, chosen: type) -> None:
    """None where they are too few."""
    assert type(framing_by_bytes(begin, streamed)) is chosen
