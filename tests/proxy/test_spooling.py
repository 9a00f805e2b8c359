"""What is written down for the spool is read as it was."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.assembly import Assembly, Closing, Opening
from proxy.exchange import Asked
from proxy.spooling import Late, Lost, UnreadableRecord, Write, decode, encode
from tests.ledger.facts import answer
from tests.proxy.asking import asked, chat, tool_loop
from tests.proxy.test_intake import ROUTES, assembly

__all__ = ["assembly"]

CLOSING = Closing(7, answer(), "2026-11-25T09:00:00.000Z", "t" * 16)


def opening(assembly: Assembly, question: Asked) -> Opening:
    (found,) = assembly.read(question)
    assert isinstance(found, Opening)
    return found


@pytest.mark.parametrize(
    "body",
    [chat("why"), chat("hello", "hi", "and now?"), chat("\ud800 lone", "ok", "é" * 9000), tool_loop("do it", 3), b"{"],
)
def test_an_opening_with_all_that_it_asks(assembly: Assembly, body: bytes) -> None:
    """Also what no text file can hold, and what could not be read."""
    written = opening(assembly, asked(body, headers={"x-stainless-retry-count": "1"}))
    assert decode(encode(written, "run"), assembly.asking) == ("run", written)


@pytest.mark.parametrize(
    "write",
    [
        CLOSING,
        replace(CLOSING, trace=None, answer=answer(http_status=None, ttft_ms=None)),
        Late(CLOSING, (3, None, "2026-11-25T08:59:00.000Z")),
        Late(CLOSING, (3, 2, "2026-11-25T08:59:00.000Z")),
        Lost(3, "no room", "2026-11-25T08:59:00.000Z"),
    ],
)
def test_an_end_and_a_loss(assembly: Assembly, write: Write) -> None:
    assert decode(encode(write, "run"), assembly.asking) == ("run", write)


@given(
    st.one_of(st.binary(), st.sampled_from([b"[]", b"7", b'{"run":"r"}', b'{"run":"r","opening":1,"call":{"a":1}}']))
)
def test_what_is_no_record_is_refused(content: bytes) -> None:
    """Without a word of it."""

    def ask(*_: object) -> None:
        raise AssertionError

    with pytest.raises(UnreadableRecord):
        decode(content, ask)  # type: ignore[arg-type]


def test_a_record_shows_no_text(assembly: Assembly, tmp_path: Path) -> None:
    assert "secret" not in repr(opening(assembly, asked(chat("secret"))))
    assert ROUTES
