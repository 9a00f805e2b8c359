"""Weighs what a turn adds to earlier ones: a repeat of one's own, or of a team-mate's, adds little.

An ask that is asked again in the same conversation with something changed keeps its worth: the answer was bad. It
leaves out how likeness is found (`likeness`), and never touches the level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from classifiers.likeness import like
from classifiers.signatures import Signatures, unpacked
from ledger.records import PendingTurn, Signed

WINDOW = timedelta(days=28)  # how long a turn can be repeated, and its signature is kept
OWN_WORDS, OWN_MEANING = 0.1, 0.25  # worth left to a repeat of one's own turn
TEAM_WORDS, TEAM_MEANING = 0.5, 0.7  # of a team-mate's: two people may honestly need the same
ASKED_OFTEN = 0.5  # worth left when one conversation asks the same once more after REASKS
REASKS = 3


@dataclass(frozen=True, slots=True)
class Novelty:
    """What a turn adds."""

    factor: float = 1.0  # 0 = nothing, 1 = nothing like it is known
    duplicate_of: int | None = None
    reason: str | None = None  # for people; None: nothing to say


def novelty(turn: PendingTurn, signature: Signatures, own: Sequence[Signed], team: Sequence[Signed]) -> Novelty:
    """Weigh one turn, signed (1,), against the person's own earlier turns and those of the team's others."""
    found = [mine(turn, signature, own), theirs(signature, team)]
    return min(found, key=lambda one: one.factor)


def mine(turn: PendingTurn, signature: Signatures, own: Sequence[Signed]) -> Novelty:
    """Find the newest own turn that this one repeats most closely."""
    if not own:
        return Novelty()
    likeness = like(signature, comparable(own))
    # A conversation without an id of its own goes by its first ask: at its beginning, the same one is a new one.
    here = np.array([bool(turn.context) and one.conversation == turn.conversation for one in own])
    again = here & (likeness.wording | likeness.meaning) & ~likeness.same
    wording, meaning = likeness.wording & ~again, likeness.meaning & ~again
    if wording.any():
        return repeat(own, wording, OWN_WORDS, "repeats the person's own turn {} in nearly the same words")
    if meaning.any():
        return repeat(own, meaning, OWN_MEANING, "asks for the same as the person's own turn {}, in other words")
    if again.sum() > REASKS:
        return repeat(own, again, ASKED_OFTEN, "asks for the same as turn {} once more, after several tries")
    if again.any():
        return Novelty(reason="asks again in the same conversation with something changed, which keeps its worth")
    return Novelty()


def theirs(signature: Signatures, team: Sequence[Signed]) -> Novelty:
    """Find the newest turn of a team-mate that this one repeats most closely."""
    if not team:
        return Novelty()
    likeness = like(signature, comparable(team))
    if likeness.wording.any():
        return repeat(team, likeness.wording, TEAM_WORDS, "repeats a team-mate's turn {} in nearly the same words")
    if likeness.meaning.any():
        return repeat(team, likeness.meaning, TEAM_MEANING, "asks for the same as a team-mate's turn {}")
    return Novelty()


def repeat(
    earlier: Sequence[Signed], which: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", factor: float, reason: str
) -> Novelty:
    """Name the newest of those that were repeated."""
    turn_id = earlier[int(np.flatnonzero(which)[-1])].turn_id
    return Novelty(factor, turn_id, reason.format(turn_id))


def comparable(signed: Sequence[Signed]) -> Signatures:
    """Give stored signatures as rows. Meanings that another encoder coded are left out."""
    rows = unpacked([one.signature for one in signed])
    rows["code"][[not one.comparable for one in signed]] = 0
    return rows
