"""How a turn is taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.views import (
    EARLIER_ANSWER,
    EARLIER_ASK,
    MATERIAL_HEAD,
    MATERIAL_TAIL,
    SAID_HEAD,
    SAID_TAIL,
    WHOLE,
    view,
)
from ledger.records import Message

LONGEST_ASK = max(WHOLE, SAID_HEAD + SAID_TAIL + MATERIAL_HEAD + MATERIAL_TAIL + 20)

CODE = "def total(rows):\n    result = 0\n    for row in rows:\n        result += row['amount']\n    return result"


def test_code_in_a_fence_is_material() -> None:
    """What stands in a fence was pasted; the words around it are the person's."""
    seen = view(f"Why is this slow?\n```python\n{CODE}\n```\nIt takes four seconds.")
    assert "Why is this slow?" in seen.said
    assert "It takes four seconds." in seen.said
    assert "def total" in seen.material
    assert "def total" not in seen.said


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02 09:14:11 ERROR worker-2 timeout after 30s",
        "    at com.acme.Billing.charge(Billing.java:88)",
        "north,Q1,1203,88120.5",
        "> On Monday you wrote that the boiler was fixed",
        "x = compute(a, b);",
    ],
)
def test_a_pasted_line_is_not_the_persons_words(line: str) -> None:
    """Logs, traces, table rows, quoted mail and bare code are material without a fence too."""
    seen = view(f"Please look into this for me\n{line}")
    assert seen.said == "Please look into this for me"
    assert seen.material == line.strip()


def test_prose_with_commas_stays_the_persons_own() -> None:
    """A sentence with many commas is no table row."""
    text = "We sell bread, rolls, cakes, coffee and tea, and would like to know which of them to drop from the menu."
    assert view(text).said == text


def test_a_long_prompt_shows_head_and_tail() -> None:
    """The ask may stand at either end of a long prompt, so both are kept."""
    seen = view("First I explain. " + "The meeting went on for hours. " * 200 + "Now write the minutes in five lines.")
    assert seen.ask.startswith("First I explain.")
    assert seen.ask.endswith("Now write the minutes in five lines.")
    assert len(seen.ask) <= LONGEST_ASK


def test_the_conversation_shows_the_last_ask_and_answer() -> None:
    """A later turn is read with what it answers to."""
    context = (
        Message("user", "old ask"),
        Message("assistant", "old answer"),
        Message("user", "Draft the rota"),
        Message("assistant", "Here it is"),
    )
    seen = view("yes, do that", context)
    assert (seen.earlier_ask, seen.earlier_answer, seen.earlier_asks) == ("Draft the rota", "Here it is", 2)
    assert seen.earlier == "Draft the rota Here it is"


def test_a_first_turn_has_no_conversation() -> None:
    """Nothing came before a first turn."""
    assert view("hello").earlier == ""


@given(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=3000),
    st.text(max_size=1500),
    st.text(max_size=1500),
)
def test_any_text_can_be_taken_apart(text: str, ask: str, answer: str) -> None:
    """Whatever is sent gives a bounded view that UTF-8 can hold."""
    seen = view(text, (Message("user", ask), Message("assistant", answer)))
    assert len(seen.ask) <= LONGEST_ASK
    assert len(seen.earlier) <= EARLIER_ASK + EARLIER_ANSWER + 20
    (seen.ask + seen.said + seen.material + seen.earlier).encode()
    assert seen.said or not text.strip()
