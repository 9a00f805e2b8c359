"""What a judge must beat: length, keyword counts, fixed minutes for each action, the rules, plain tf-idf."""

import re
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from classifiers.labelled import CORPUS, Labelled, read_labelled
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
    found = {
        "length of the prompt": np.array([len(text) for text in texts], float),
        "keyword count": np.array([len(KEYWORDS.findall(text)) for text in texts], float),
        "fixed minutes per action": np.array([minutes(text) for text in texts], float),
        "rules": np.array([judgement.score for judgement in rules], float),
    }
    with suppress(ImportError):  # scikit-learn comes with the `train` extra
        found["word and character tf-idf, ridge, on the shipped corpus"] = tf_idf(items)
    return found


def tf_idf(items: Sequence[Labelled]) -> npt.NDArray[np.float64]:
    """Score items by a ridge over words, learned on the shipped corpus. Raises ImportError without scikit-learn."""
    from classifiers import lexicon

    known = [item for path in sorted(CORPUS.glob("*.jsonl")) for item in read_labelled(path)]
    levels = np.array([item.level for item in known])
    learned = lexicon.learn(lexicon.matrix([item.asked.view() for item in known]), levels, np.ones(len(known)))
    return lexicon.scores(lexicon.matrix([item.asked.view() for item in items]), learned).astype(float)


def minutes(text: str) -> int:
    """Give the minutes of the first kind of action whose words occur."""
    return next((MINUTES[name] for name, words in CATEGORY_WORDS if words.search(text)), MINUTES["question"])
