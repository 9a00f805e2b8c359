"""What counts as a repeat, and what it is worth."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from classifiers.novelty import (
    ASKED_OFTEN,
    OWN_MEANING,
    OWN_WORDS,
    REASKS,
    TEAM_MEANING,
    TEAM_WORDS,
    Novelty,
    novelty,
)
from classifiers.signatures import Signer, packed
from classifiers.views import view
from ledger.records import Message, PendingTurn, Signed

SIGNER = Signer(b"k" * 32)
ASK = "Work out which of our 14 depots loses money on night deliveries, and what closing two of them would save a year"
TYPOS = "work out which of our 14 depots lsoes money on night delivreies and what closing two of them would save a year"
OTHERWISE = (
    "Please calculate the yearly savings if we shut two of the 14 depots, and find those with a loss on nightly tours"
)
ANSWER = Message("assistant", "Depots 3 and 9 lose money.")

Embedding = npt.NDArray[np.float32] | None


def towards(cosine: float) -> npt.NDArray[np.float32]:
    """Make an embedding at that cosine to `towards(1)`."""
    made = np.zeros((1, 384), np.float32)
    made[0, :2] = cosine, np.sqrt(1 - cosine**2)
    return made


def asked(number: int, text: str, *context: Message, conversation: str = "c", embedding: Embedding = None) -> Signed:
    """Sign an earlier turn."""
    signature = SIGNER.sign([view(text, context)], embedding)
    return Signed(number, "2026-11-25T12:00:00.000Z", "p1", conversation, True, packed(signature))


def weigh(
    text: str,
    *context: Message,
    own: Sequence[Signed] = (),
    team: Sequence[Signed] = (),
    conversation: str = "c",
    embedding: Embedding = None,
) -> Novelty:
    """Weigh a turn against earlier ones."""
    turn = PendingTurn(99, "2026-11-25T13:00:00.000Z", "p1", "t", conversation, text, context)
    return novelty(turn, SIGNER.sign([view(text, context)], embedding), own, team)


@pytest.mark.parametrize("text", [ASK, ASK.upper(), f"  {ASK}!\n", TYPOS])
def test_ones_own_repeat_adds_next_to_nothing(text: str) -> None:
    """Whatever its case, spaces and typos; in a new conversation, even if it goes by the same first ask."""
    found = weigh(text, own=[asked(7, ASK), asked(8, "something else entirely about parking")])
    assert (found.factor, found.duplicate_of) == (OWN_WORDS, 7)
    assert found.reason == "repeats the person's own turn 7 in nearly the same words"


def test_a_repeat_in_other_words_is_found_by_its_meaning() -> None:
    """It adds a bit more than one in the same words; without an encoder it is not found."""
    found = weigh(OTHERWISE, own=[asked(7, ASK, embedding=towards(1))], embedding=towards(0.93))
    assert (found.factor, found.duplicate_of) == (OWN_MEANING, 7)
    assert OWN_WORDS < OWN_MEANING < TEAM_WORDS < TEAM_MEANING < 1
    assert weigh(OTHERWISE, own=[asked(7, ASK)]) == Novelty()
    assert weigh(OTHERWISE, own=[asked(7, ASK, embedding=towards(1))], embedding=towards(0.6)) == Novelty()


def test_meanings_of_two_encoders_are_not_compared() -> None:
    """Their directions have nothing to do with one another; their wording does."""
    earlier = asked(7, ASK, embedding=towards(1))
    foreign = Signed(7, earlier.at, "p1", "c", False, earlier.signature)
    assert weigh(OTHERWISE, own=[foreign], embedding=towards(0.93)) == Novelty()
    assert weigh(ASK, own=[foreign], embedding=towards(-0.5)).factor == OWN_WORDS


def test_a_team_mates_prompt_keeps_some_worth() -> None:
    """Two people may honestly need the same; one's own repeat counts first."""
    found = weigh(ASK, team=[asked(3, ASK)])
    assert (found.factor, found.duplicate_of) == (TEAM_WORDS, 3)
    found = weigh(OTHERWISE, team=[asked(3, ASK, embedding=towards(1))], embedding=towards(0.93))
    assert (found.factor, found.duplicate_of) == (TEAM_MEANING, 3)
    assert weigh(ASK, own=[asked(5, ASK)], team=[asked(3, ASK)]).duplicate_of == 5


def test_asking_again_in_the_conversation_with_something_changed_keeps_its_worth() -> None:
    """The answer was bad, and the person says so."""
    again = ASK + ", by depot and month"
    found = weigh(again, Message("user", ASK), ANSWER, own=[asked(7, ASK)])
    assert (found.factor, found.duplicate_of) == (1.0, None)
    assert "keeps its worth" in str(found.reason)
    assert weigh(again, own=[asked(7, ASK)]).factor == OWN_WORDS  # at the beginning of another conversation
    assert weigh(again, Message("user", "hello"), ANSWER, own=[asked(7, ASK)], conversation="d").factor == OWN_WORDS


def test_asking_again_with_nothing_changed_does_not() -> None:
    """Nor does the fifth try."""
    said = (Message("user", ASK), ANSWER)
    assert weigh(ASK, *said, own=[asked(7, ASK)]).factor == OWN_WORDS
    tries = [
        asked(number, f"{ASK} {word}", *said)
        for number, word in enumerate(("by month", "by week", "by truck", "by day"))
    ]
    assert weigh(ASK + " by route", *said, own=tries[:REASKS]).factor == 1.0
    assert weigh(ASK + " by route", *said, own=tries).factor == ASKED_OFTEN


@pytest.mark.parametrize("text", ["thanks", "continue", "yes do that", "make it shorter please", "now as a table"])
def test_a_short_follow_up_carries_its_conversation(text: str) -> None:
    """In another one it is another ask; in one replayed word for word it is the same."""
    tax = (
        Message("user", "Explain the new tax on parcels"),
        Message("assistant", "From July each parcel costs a fee."),
    )
    bread = (Message("user", "Plan a bakery for 40 schools"), Message("assistant", "Start with ovens and routes."))
    assert weigh(text, *tax, own=[asked(7, text, *bread, conversation="d")]) == Novelty()
    assert weigh(text, *tax, own=[asked(7, text)]) == Novelty()
    assert weigh(text, *tax, own=[asked(7, text, *tax, conversation="d")], conversation="d").factor == OWN_WORDS
    moved_on = (*tax, Message("user", text), Message("assistant", "Furthermore, customs keep a list of importers."))
    assert weigh(text, *moved_on, own=[asked(7, text, *tax)]) == Novelty()


def test_what_points_at_a_file_may_be_about_another_one() -> None:
    """Assay sees the words only."""
    assert weigh("summarise the attached document", own=[asked(7, "summarise the attached document")]) == Novelty()
    assert weigh("what is this? [Image: scan.png]", own=[asked(7, "what is this? [Image: scan.png]")]) == Novelty()


@pytest.mark.parametrize(
    "other",
    [
        ASK.replace("14 depots", "23 depots"),
        ASK.replace("depots", "shops").replace("night deliveries", "Sunday openings"),
        "Write the letter to the works council about closing two of our 14 depots",
    ],
)
def test_another_object_or_another_ask_is_new(other: str) -> None:
    """Though most words are the same."""
    assert weigh(other, own=[asked(7, ASK, embedding=towards(1))], embedding=towards(0.7)) == Novelty()


def test_other_material_under_the_same_words_is_new() -> None:
    """What is pasted belongs to the ask."""
    code = (
        "```\ndef total(rows):\n    return sum(row.amount for row in rows)\n```",
        "```\nfor n in names:\n    print(n.upper())\n```",
    )
    first, second = (f"Review this function and say what is wrong with it\n{part}" for part in code)
    assert weigh(second, own=[asked(7, first)]) == Novelty()
    assert weigh(first, own=[asked(7, first)]).factor == OWN_WORDS
