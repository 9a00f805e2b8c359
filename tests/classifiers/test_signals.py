"""The signals that the rubric names."""

import numpy as np
import pytest

from classifiers.signals import NAMES, signals
from classifiers.views import view
from ledger.records import Message


def signal(name: str, text: str, *context: Message) -> float:
    """Give one signal of one prompt."""
    return float(signals([view(text, context)])[0, NAMES.index(name)])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("closed_question", "what is the capital of France?"),
        ("make", "Draft a notice for the lift repair"),
        ("work_through", "Compare the two tariffs for a flat with 1,800 kWh"),
        ("reshape", "summarise this"),
        ("assent", "yes, go on"),
        ("machine", "### Task: Generate a concise title for the chat"),
        ("items", "- first\n- second"),
        ("numbers", "we pay 310 a month for 4 seats"),
        ("named", "the ledger of Contoso in billing/export.py"),
        ("courtesy", "thanks!"),
        ("small_deliverable", "a synonym for big"),
    ],
)
def test_a_signal_fires_on_what_it_is_named_for(name: str, text: str) -> None:
    """Each signal is over 0 where it should be, and 0 in a prompt without any."""
    assert signal(name, text) > 0
    assert signal(name, "Berge sind hoch") == 0


def test_padding_soon_stops_paying() -> None:
    """Beyond the ceiling, more text changes no length signal."""
    once, twice = signals([view("word " * 2000), view("word " * 4000)])
    assert once[NAMES.index("said_length")] == twice[NAMES.index("said_length")]
    assert once[NAMES.index("words")] == twice[NAMES.index("words")]


def test_the_conversation_is_seen() -> None:
    """A short follow-up is marked, with the making that it carries."""
    before = (Message("user", "Write a rota for six nurses"), Message("assistant", "Shall I go on?"))
    assert signal("in_conversation", "yes", *before) == 1
    assert signal("short_in_conversation", "yes", *before) == 1
    assert signal("earlier_make", "yes", *before) == 1
    assert signal("in_conversation", "yes") == 0


def test_no_turns_give_no_rows() -> None:
    """The shape holds for none, and every value is finite for the empty prompt."""
    assert signals([]).shape == (0, len(NAMES))
    assert np.isfinite(signals([view("")])).all()
