"""Turns and judges for tests. Run as a program it is a worker that says when each batch begins."""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from classifiers.rules import RulesJudge
from classifiers.worker import drain
from ledger.keys import Keys
from ledger.records import Judgement, Message, PendingTurn, Turn
from ledger.ring import Ring, week_of
from ledger.store import Ledger

BEGIN = week_of(time.time()) - 26  # no test runs where a period ends
KEYS = Keys(Ring(b"s" * 32, ((BEGIN, b"k" * 32),), ((BEGIN, 52),)))


def turn(number: int, text: str = "compare the two tariffs", *context: Message) -> Turn:
    """Make a turn like any other."""
    return Turn(
        at=f"2026-11-25T12:00:{number % 60:02}.000Z",
        person="p1",
        team="support",
        identity_source="header",
        assistant="stand-in",
        client=None,
        conversation=f"c{number}",
        ask=f"a{number}",
        prompt_chars=len(text),
        text=text,
        context=context,
    )


def pending(text: str, *context: Message, number: int = 1) -> PendingTurn:
    """Make a turn as the ledger gives it to a judge."""
    return PendingTurn(number, "2026-11-25T12:00:00.000Z", "p1", "support", "c1", text, context)


class SayingJudge(RulesJudge):
    """Says on standard output that a batch begins."""

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Speak, then judge."""
        print("batch", flush=True)
        return super().judge(turns)


if __name__ == "__main__":
    drain(Ledger.open(Path(sys.argv[1])), SayingJudge(), keys=KEYS, once=True, stop=threading.Event())
