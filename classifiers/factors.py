"""Puts novelty and attention into judgements, and signs the turns for those to come.

The turns of one batch see one another, in the order of their ids, so that it does not matter where a batch begins.
Turns of two periods are not compared, as their signatures have different keys. It leaves out how either is weighed
(`novelty`, `attention`).
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
from ledger.keys import Keys, Serving
from ledger.records import Judgement, PendingTurn, Signature, Signed, utc

SIGNERS = 2  # kept at hand: those of the period that ends and of the one that begins
COMPARED = 2000  # newest turns of a person, and of a team, that a turn is compared with


class Factors:
    """Weighs turns against the ledger's earlier ones."""

    def __init__(self, history: History, keys: Keys) -> None:
        self._history = history
        self._keys = keys
        self._signers: dict[str, Signer] = {}

    def weigh(
        self, turns: Sequence[PendingTurn], weighed: Sequence[Weighed]
    ) -> tuple[list[Judgement], list[Signature]]:
        """Give the batch's judgements with their factors, and its signatures. Raises LedgerError.

        A turn whose text is lost keeps its judgement as it is, and is not signed. So does one that cannot be weighed:
        its text is to blame, and the error, which could quote it, is dropped.
        """
        judgements, signatures = [], []
        earlier = _Earlier(self._history, turns)
        for turn, (judgement, embedding) in zip(turns, weighed, strict=True):
            if turn.lost:
                judgements.append(judgement)
                continue
            try:
                period = self._keys.serving(turn.at)
                signature = self._signer(period).sign(
                    [view(turn.text, turn.context)], None if embedding is None else embedding[None, :]
                )
                new = novelty(turn, signature, *earlier.than(turn, period, judgement.classifier))
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

    def _signer(self, period: Serving) -> Signer:
        """Give the period's signer. It is slow to make."""
        if (signer := self._signers.get(period.until)) is None:
            while len(self._signers) >= SIGNERS:
                del self._signers[next(iter(self._signers))]
            signer = self._signers[period.until] = Signer(period.key.derive("signatures"))
        return signer

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

    def than(self, turn: PendingTurn, period: Serving, classifier: str) -> tuple[list[Signed], list[Signed]]:
        """Give what the person, and the others of the team, asked before this turn in its period, oldest first."""
        since, within = max(_back(turn, WINDOW), period.since), (self._since, self._before, classifier, COMPARED)
        if turn.person not in self._own:
            self._own[turn.person] = self._history.own(turn.person, *within)
        if turn.team is not None and turn.team not in self._team:
            self._team[turn.team] = self._history.of_team(turn.team, *within)
        own, team = self._own[turn.person][-COMPARED:], self._team.get(turn.team or "", [])[-COMPARED:]
        return (
            [one for one in own if since <= one.at < period.until],
            [one for one in team if since <= one.at < period.until and one.person != turn.person],
        )

    def add(self, turn: PendingTurn, signed: Signed) -> None:
        """Take a turn of the batch. `than` has read what goes before it."""
        self._own[turn.person].append(signed)
        if turn.team is not None:
            self._team[turn.team].append(signed)


def _back(turn: PendingTurn, span: timedelta) -> str:
    return utc((datetime.fromisoformat(turn.at) - span).timestamp())
