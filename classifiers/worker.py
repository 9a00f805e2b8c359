"""Drains the ledger's unjudged turns: a process of its own, at low priority, killed at any time without loss.

What is to be done is a query, and a judgement is stored in the transaction that deletes its text, so a turn is judged
once whatever happens between. It leaves out how turns are judged.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from classifiers.factors import Factors
from classifiers.judge import Judge
from classifiers.judgements import Weighed
from classifiers.rules import RulesJudge
from ledger.keys import Keys
from ledger.records import Judgement, PendingTurn, utc
from ledger.store import Ledger

BATCH = 8  # perf: larger batches are no faster on a CPU
FELL_BACK = "judged by simple rules, as the model failed on this turn"
UNREAD = "could not be judged"
LOST = "could not be read, as the key to its text is gone"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Drained:
    """What has been done so far."""

    judged: int = 0  # turns with a new judgement
    fallen_back: int = 0  # of these, by rules, as the judge failed on them
    lost: int = 0  # of these, by rules, as their text could not be read any more

    def __add__(self, more: "Drained") -> "Drained":
        return Drained(self.judged + more.judged, self.fallen_back + more.fallen_back, self.lost + more.lost)


def yield_to_others() -> None:
    """Give way to the traffic: lowest priority, one thread. Call it first in the process, before numpy is imported."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if hasattr(os, "nice"):
        os.nice(19)


def drain(
    ledger: Ledger,
    judge: Judge,
    *,
    keys: Keys,
    once: bool,
    stop: threading.Event,
    keep_text_seconds: float = 0.0,
    idle_seconds: float = 1.0,
    progress: Callable[[Drained], None] | None = None,
    tidy: Callable[[bool], None] | None = None,
) -> Drained:
    """Judge what is unjudged, oldest first, until `stop`, or with `once` until nothing is left. Raises LedgerError.

    `keys` are those that make the ledger's pseudonyms: they sign turns, so that repeats are found.

    `tidy` is called whenever nothing waits, with `once`; what it does is short, unless it is called with True.

    Each round starts behind the last batch, so that a turn that cannot be stored never holds up those after it.
    """
    factors = Factors(ledger.history, keys)
    done, after = Drained(), 0
    while not stop.is_set():
        with ledger.claim(judge.name, BATCH, after) as turns:
            if turns:
                weighed, fallen_back = judge_all(judge, turns)
                found, signatures = factors.weigh(turns, weighed)
                new = ledger.judge(found, keep_text_seconds, signatures)
        if turns:
            lost = sum(turn.lost for turn in turns)
            done = Drained(done.judged + new, done.fallen_back + fallen_back, done.lost + lost)
            after = turns[-1].id
            if progress:
                progress(done)
            continue
        ledger.expire_text(utc(time.time()))
        factors.forget(time.time())
        ledger.settle()
        if tidy:
            tidy(once)
        if once:
            break
        after = 0
        stop.wait(idle_seconds)
    return done


def judge_all(judge: Judge, turns: Sequence[PendingTurn]) -> tuple[list[Weighed], int]:
    """Judge a batch, by `judge_each` what can be read; give also the number of those that the judge failed on."""
    readable = [turn for turn in turns if not turn.lost]
    weighed, fallen_back = judge_each(judge, readable) if readable else ([], 0)
    each = iter(weighed)
    return [(_of_lost(turn, judge.name), None) if turn.lost else next(each) for turn in turns], fallen_back


def judge_each(judge: Judge, turns: Sequence[PendingTurn]) -> tuple[list[Weighed], int]:
    """Judge a batch; where the judge fails on it, each turn by itself, and those it fails on by rules.

    Also gives the number of the latter. The judge's error is dropped: its text could quote a prompt.
    """
    try:
        return judge.weigh(turns), 0
    except Exception:
        if len(turns) == 1:
            return [(by_rules(turns[0], judge.name), None)], 1
    each = [judge_each(judge, [turn]) for turn in turns]
    return [weighed for found, _ in each for weighed in found], sum(count for _, count in each)


def by_rules(turn: PendingTurn, classifier: str) -> Judgement:
    """Judge one turn without the model, signed with the judge's name so that it is not judged for ever."""
    try:
        found = RulesJudge(FELL_BACK).judge([turn])[0]
    except Exception:  # the rules read any text; should they not, the turn counts as noise and says so
        found = RulesJudge(UNREAD).judge([replace(turn, text="", context=())])[0]
    return replace(found, classifier=classifier)


def _of_lost(turn: PendingTurn, classifier: str) -> Judgement:
    return replace(RulesJudge(LOST).judge([turn])[0], classifier=classifier)
