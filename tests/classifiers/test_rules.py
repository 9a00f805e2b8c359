"""The judge without a model."""

import pytest

from classifiers.rules import MISSING, RulesJudge
from ledger.records import CATEGORIES, Message, PendingTurn

HARD = (
    "Debug this: the nightly import of orders(id, placed_at, total) must finish before 6:00 but failed 3 times with "
    "a timeout since we moved to Postgres 16. Compare the plans, at least for the two slowest statements, and "
    "recommend a fix."
)


def judged(text: str, *context: Message) -> tuple[int, str]:
    """Give level and category of one prompt."""
    found = RulesJudge().judge([PendingTurn(1, "", "p", None, "c", text, context)])[0]
    return found.level, found.category


@pytest.mark.parametrize(
    ("text", "most"), [("hi", 0), ("thanks!", 0), ("", 0), ("what is the capital of Peru", 1), ("a synonym for big", 1)]
)
def test_trivial_prompts_stay_low(text: str, most: int) -> None:
    """Nothing is asked, or next to nothing."""
    assert judged(text)[0] <= most


def test_work_over_specific_material_is_lifted() -> None:
    """Asks, facts and conditions together make a prompt substantive."""
    assert judged(HARD)[0] >= 3


def test_length_alone_lifts_nothing() -> None:
    """A thousand words without an ask are worth no more than a few."""
    assert judged("the sky over the town was grey again and nobody minded " * 100)[0] <= 1


def test_what_a_program_sent_is_noise() -> None:
    """Automation is level 0 with certainty."""
    found = RulesJudge().judge(
        [PendingTurn(1, "", "p", None, "c", "### Task:\nGenerate a concise title for the chat")]
    )[0]
    assert (found.level, found.category, found.score) == (0, "automation", 0.0)


def test_it_says_that_it_is_no_model() -> None:
    """The reasons say so, the probabilities sum to one, and novelty and attention are not touched."""
    found = RulesJudge().judge([PendingTurn(7, "", "p", None, "c", HARD)])[0]
    assert found.turn_id == 7
    assert found.classifier == "rules-1"
    assert found.reasons == (MISSING,)
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.category in CATEGORIES
    assert (found.novelty, found.attention, found.duplicate_of) == (1.0, 1.0, None)
