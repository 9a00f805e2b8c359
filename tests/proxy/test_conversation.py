"""What was asked is found, and kept within bounds."""

from ledger.records import Message
from proxy.conversation import (
    CUT_MARK,
    HISTORY_CHARS,
    HISTORY_MESSAGES,
    MAX_ASK_CHARS,
    Said,
    asked,
    fit,
)


def test_history_keeps_the_last_messages_of_a_long_conversation() -> None:
    """Opening and place are those of the whole."""
    conversation = [Said(("human", "assistant")[i % 2], f"message {i}") for i in range(41)]
    ask = asked(conversation)
    assert ask.text == "message 40"
    assert [message.text for message in ask.history] == [f"message {i}" for i in range(28, 40)]
    assert len(ask.history) == HISTORY_MESSAGES
    assert (ask.opening, ask.place) == ("message 0", 20)


def test_a_picture_first_is_the_opening_for_good() -> None:
    """Or the conversation would change its name with the second ask."""
    first = [Said("human")]
    later = [*first, Said("assistant", "A cat."), Said("human", "Which breed?")]
    assert asked(first).opening == asked(later).opening == ""
    assert asked(later).place == 1


def test_an_ask_at_the_bound_is_whole() -> None:
    """One character more costs the middle."""
    assert asked([Said("human", "x" * MAX_ASK_CHARS)]).text == "x" * MAX_ASK_CHARS
    text = "a" * 150_000 + "bc" + "d" * 50_000
    assert asked([Said("human", text)]).text == "a" * 150_000 + CUT_MARK + "d" * 50_000


def test_long_history_keeps_head_and_tail() -> None:
    """Three quarters from the beginning, one from the end."""
    said = [Said("human", "a" * 1_500 + "b" * 9_000 + "c" * 500), Said("assistant", "d"), Said("human", "e")]
    assert asked(said).history[0] == Message("user", "a" * 1_500 + CUT_MARK + "c" * 500)
    assert len(asked(said).history[0].text) == HISTORY_CHARS + len(CUT_MARK)


def test_what_sqlite_cannot_hold_is_replaced() -> None:
    """Other planes of Unicode are left alone."""
    assert fit("a\ud800b\0c\udfff𝄞", 99) == "a�b�c�𝄞"
