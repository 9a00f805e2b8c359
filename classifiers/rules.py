"""The judge without a model: a few rules over the rubric's signals. Coarse, and it says so in each reason."""

# ruff: noqa: E501 - a pattern broken over lines reads worse

import re
from collections.abc import Sequence

from classifiers.judgements import Weighed, judgement
from classifiers.languages import language
from classifiers.signals import NAMES, row
from classifiers.views import View, view
from ledger.records import Judgement, PendingTurn

NAME = "rules-1"
MISSING = "judged by simple rules, as no model is installed"
SPREAD = (0.15, 0.7, 0.15)  # how sure the rules are of a level, and of its neighbours

CATEGORY_WORDS = (  # the first that fits wins
    (
        "coding",
        r"```|\b(?:code|function|python|javascript|java|bug|exception|script|regex|api|docker|git|css|html|class|compile|unit tests?)\b",
    ),
    (
        "data",
        r"\b(?:sql|query|excel|spreadsheet|formula|csv|statistics?|average|equation|calculate|probability|dataset|table)\b",
    ),
    (
        "editing",
        r"\b(?:rewrite|rephrase|summari[sz]e|translate|shorten|shorter|proofread|correct|format|extract|paraphrase)\b",
    ),
    ("creative", r"\b(?:poem|story|song|joke|limerick|haiku|lyrics|fiction|character)\b"),
    ("writing", r"\b(?:write|draft|email|e-mail|letter|report|essay|blog|post|memo|proposal)\b"),
    (
        "advice",
        r"\b(?:should (?:i|we)|recommend|compare|plan|review|decide|best way|options|strategy|advise|pros and cons)\b",
    ),
)
COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in CATEGORY_WORDS)


class RulesJudge:
    """Judges by rules alone."""

    name = NAME

    def __init__(self, why: str = MISSING) -> None:
        self._why = why

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge each turn."""
        return [self._one(turn) for turn in turns]

    def weigh(self, turns: Sequence[PendingTurn]) -> list[Weighed]:
        """Judge each turn. There is no encoder, so no embedding."""
        return [(found, None) for found in self.judge(turns)]

    def _one(self, turn: PendingTurn) -> Judgement:
        seen = view(turn.text, turn.context)
        level, category = rate(seen)
        shares = [0.0] * 5
        for step, share in zip((-1, 0, 1), SPREAD, strict=True):
            shares[min(4, max(0, level + step))] += share
        return judgement(
            turn,
            NAME,
            level=level,
            probabilities=shares,
            category=category,
            work=None,
            lang=language(seen.said),
            reasons=(self._why,),
        )


def rate(seen: View) -> tuple[int, str]:
    """Give a level and a category. Length alone lifts nothing: the level is earned by asks, facts and constraints."""
    has = dict(zip(NAMES, row(seen), strict=True))
    words = len(seen.said.split())
    if has["machine"]:
        return 0, "automation"
    if not seen.said.strip() or (
        has["courtesy"] and words <= 6 and not has["questions"] and not has["make"] and not has["work_through"]
    ):
        return 0, "chat"
    points = 1.1 + 0.9 * bool(has["make"]) + 0.9 * bool(has["work_through"]) + 0.6 * bool(has["reshape"])
    points += 0.7 * bool(has["how_or_why"]) + 0.3 * bool(has["deliverable"]) + 0.3 * bool(has["trouble"])
    points += 0.35 * has["constraint"] + 0.3 * has["numbers"] + 0.2 * has["named"] + 0.2 * has["items"]
    points += 0.6 * bool(seen.material and has["work_through"]) + 0.5 * has["trouble_in_material"]
    points -= 0.9 * bool(has["small_deliverable"]) + 0.5 * bool(has["closed_question"]) + 0.4 * (words < 8)
    level = min(4, max(1, int(points)))
    return level, next((name for name, pattern in COMPILED if pattern.search(seen.said)), "question")
