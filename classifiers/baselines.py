"""What a judge must beat: length, keyword counts, fixed minutes for each action, the rules. Nothing is learned."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifiers.labelled import Labelled
from classifiers.rules import COMPILED as CATEGORY_WORDS
from classifiers.rules import RulesJudge
from classifiers.scoring import pending

KEYWORDS = re.compile(
    r"\b(?:analy[sz]e|design|architecture|debug|optimi[sz]e|compare|implement|strategy|review|prove|algorithm|contract|"
    r"security|performance|database|model|evaluate|plan|report)\b",
    re.IGNORECASE,
)
MINUTES = {"coding": 20, "data": 15, "writing": 10, "advice": 10, "creative": 5, "editing": 5, "question": 2, "chat": 0}


def scores(items: Sequence[Labelled]) -> dict[str, npt.NDArray[np.float64]]:
    """Score every item by each baseline, on scales of their own."""
    texts = [item.asked.text for item in items]
    rules = RulesJudge().judge([pending(number, item.asked) for number, item in enumerate(items)])
    return {
        "length of the prompt": np.array([len(text) for text in texts], float),
        "keyword count": np.array([len(KEYWORDS.findall(text)) for text in texts], float),
        "fixed minutes per action": np.array([minutes(text) for text in texts], float),
        "rules": np.array([judgement.score for judgement in rules], float),
    }


def minutes(text: str) -> int:
    """Give the minutes of the first kind of action whose words occur."""
    return next((MINUTES[name] for name, words in CATEGORY_WORDS if words.search(text)), MINUTES["question"])
