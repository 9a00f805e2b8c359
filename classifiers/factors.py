"""Puts novelty and attention into judgements, and signs the turns for those to come.

The turns of one batch see one another, in the order of their ids, so that it does not matter where a batch begins. It
leaves out how either is weighed (`novelty`, `attention`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from classifiers.attention import LOOKED_BACK, MOMENTS, attention
from classifiers.judgements import Weighed
from classifiers.novelty import WINDOW, novelty
from classifiers.signatures import Signer, packed
from classifiers.views import view
from ledger.errors import LedgerError
from ledger.history import History
from ledger.pseudonyms import Key
from ledger.records import Judgement, PendingTurn, Signature, Signed, utc

COMPARED = 2000  # newest turns of a person, and of a team, that a turn is compared with


class Factors:
    """Weighs turns against the ledger's earlier ones."""

    def __init__(self, history: History, key: Key) -> None:
        self._history = history
        self._signer = Signer(key.derive("signatures"))

    def weigh(
        self, turns: Sequence[PendingTurn], weighed: Sequence[Weighed]
    ) -> tuple[list[Judgement], list[Signature]]:
        """Give the batch's judgements with their factors, and its signatures. Raises LedgerError.

        A turn that cannot be weighed keeps its judgement as it is, and is not signed: its text is to blame, and the
        error, which could quote it, is dropped.
        """
        judgements, signatures = [], []
        earlier = _Earlier(self._history, turns)
        for turn, (judgement, embedding) in zip(turns, weighed, strict=True):
            try:
                signature = self._signer.sign(
                    [view(turn.text, turn.context)], None if embedding is None else embedding[None, :]
                )
                new = novelty(turn, signature, *earlier.than(turn, judgement.classifier))
                before = self._history.moments(turn.person, _back(turn, LOOKED_BACK), turn.id, MOMENTS)
                minded = attention(turn, judgement.level, before)
            except LedgerError:
                raise
            except Exception:
                judgements.append(judgement)
                continue
            judgements.append(
                replace(
                    judgement,
                    novelty=new.factor,
                    duplicate_of=new.duplicate_of,
                    attention=minded.factor,
                    reasons=(*judgement.reasons, *filter(None, (new.reason, minded.reason))),
                )
            )
            stored = packed(signature)
            signatures.append(Signature(turn.id, judgement.classifier, stored))
            earlier.add(turn, Signed(turn.id, turn.at, turn.person, turn.conversation, True, stored))
        return judgements, signatures

    def forget(self, now: float) -> None:
        """Delete the signatures that no turn can repeat any more. `now`: Unix seconds. Raises LedgerError."""
        while self._history.forget(utc(now - WINDOW.total_seconds())):
            pass


class _Earlier:
    """The signed turns before those of a batch, read once, and those of the batch that were signed."""

    def __init__(self, history: History, turns: Sequence[PendingTurn]) -> None:
        self._history = history
        self._before = min((turn.id for turn in turns), default=0)
        self._since = min((_back(turn, WINDOW) for turn in turns), default="")
        self._own: dict[str, list[Signed]] = {}
        self._team: dict[str, list[Signed]] = {}

    def than(self, turn: PendingTurn, classifier: str) -> tuple[list[Signed], list[Signed]]:
        """Give what the person, and the others of the team, asked before this turn, oldest first."""
        since, within = _back(turn, WINDOW), (self._since, self._before, classifier, COMPARED)
        if turn.person not in self._own:
            self._own[turn.person] = self._history.own(turn.person, *within)
        if turn.team is not None and turn.team not in self._team:
            self._team[turn.team] = self._history.of_team(turn.team, *within)
        own, team = self._own[turn.person][-COMPARED:], self._team.get(turn.team or "", [])[-COMPARED:]
        return (
            [one for one in own if one.at >= since],
            [one for one in team if one.at >= since and one.person != turn.person],
        )

    def add(self, turn: PendingTurn, signed: Signed) -> None:
        """Take a turn of the batch. `than` has read what goes before it."""
        self._own[turn.person].append(signed)
        if turn.team is not None:
            self._team[turn.team].append(signed)


def _back(turn: PendingTurn, span: timedelta) -> str:
    return utc((datetime.fromisoformat(turn.at) - span).timestamp())
