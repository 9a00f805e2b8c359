"""Searches, against a judge itself, for a prefix that lifts whatever follows it: greedy, seeded, on a budget.

It leaves out whether the prefix works on other prompts than it was searched with (`suite` measures that).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from classifiers.attack.texts import FRAGMENTS
from classifiers.judge import Judge
from classifiers.labelled import Asked
from classifiers.scoring import score

PROMPTS = 8  # that each candidate is tried on
PARTS = 5  # fragments that a prefix has at most


@dataclass(frozen=True, slots=True)
class Found:
    """The best prefix of a search."""

    prefix: str = field(repr=False)
    gain: float  # mean score over the plain prompts', on those it was searched with
    judged: int  # prompts that the search had judged


def search(
    judge: Judge,
    prompts: Sequence[Asked],
    seed: int,
    budget: int,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Grow prefixes from fragments, always by the one that gains most, and begin anew until `budget` is judged."""
    random = Random(seed)  # noqa: S311 - not for secrets
    tried = [prompts[place % len(prompts)] for place in range(min(PROMPTS, len(prompts)))]
    plain, judged = gain(judge, "", tried), len(tried)
    best = Found("", 0.0, judged)
    width = max(4, budget // (len(tried) * PARTS * 2))  # candidates a step, so that two starts fit
    while judged + len(tried) <= budget:
        grown = Found("", 0.0, judged)
        for _ in range(PARTS):
            step = grown
            for fragment in random.sample(FRAGMENTS, min(width, len(FRAGMENTS))):
                if judged + len(tried) > budget:
                    break
                candidate = f"{fragment} {grown.prefix}" if random.random() < 0.5 else f"{grown.prefix}{fragment} "
                candidate = candidate.rstrip() + " "
                gained = gain(judge, candidate, tried) - plain
                judged += len(tried)
                step = max(step, Found(candidate, gained, judged), key=lambda found: found.gain)
                if progress:
                    progress(judged, budget)
            if step is grown:
                break
            grown = step
        best = max(best, grown, key=lambda found: found.gain)
    return Found(best.prefix, best.gain, judged)


def gain(judge: Judge, prefix: str, prompts: Sequence[Asked]) -> float:
    """Give the mean score (0 to 4) of prompts behind a prefix."""
    rated = list(score(judge, [Asked(one.id, prefix + one.text, one.context) for one in prompts]))
    return sum(one.score for one in rated) / len(rated)
