"""Judges for tests: one that is fooled by length, one that is fooled by nothing, one with a secret word."""

from collections.abc import Callable, Sequence

from classifiers.judgements import Weighed, judgement
from ledger.records import Judgement, PendingTurn

Level = Callable[[str], int]


class ScriptedJudge:
    """Says what a function of the text says."""

    name = "scripted-1"

    def __init__(self, level: Level) -> None:
        self.seen = 0
        self._level = level

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge each turn."""
        self.seen += len(turns)
        return [self._one(turn) for turn in turns]

    def weigh(self, turns: Sequence[PendingTurn]) -> list[Weighed]:
        """Judge each turn; there are no embeddings."""
        return [(found, None) for found in self.judge(turns)]

    def _one(self, turn: PendingTurn) -> Judgement:
        level = self._level(turn.text)
        return judgement(
            turn,
            self.name,
            level=level,
            probabilities=[float(place == level) for place in range(5)],
            category="other",
            work=True,
            lang=None,
            reasons=(),
        )


def by_length(text: str) -> int:
    """Give a level for each sixty characters."""
    return min(4, len(text) // 60)


def never_more_than_trivial(text: str) -> int:
    """Give everything the same."""
    return 1
