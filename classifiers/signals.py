"""Signals that the rubric names, counted in the person's own words: a row of numbers a turn, and words to explain them.

Lengths are logarithms with a ceiling, so that padding soon stops paying. It leaves out any learned weight.
"""

# ruff: noqa: E501 - a pattern broken over lines reads worse

import re
from collections.abc import Sequence
from math import log1p

import numpy as np
import numpy.typing as npt

from classifiers.views import DENSE, View

Rows = npt.NDArray[np.float32]

SAID_CEILING, MATERIAL_CEILING = 1500, 3000  # characters after which more counts no more
COUNT_CEILING = 12  # occurrences after which more counts no more

WORDS = {
    "closed_question": r"^(?:so |and |but |ok |hey |hi |hello )*(?:what(?:'s| is| are| was| does| do)|who|when|where|which|is|are|was|does|do|did|can|could|has|have|how (?:many|much|old|far|long|tall))\b",
    "how_or_why": r"\b(?:how (?:do|does|can|would|should|to)|why|explain|walk me through|describe)\b",
    "make": r"\b(?:write|create|build|implement|develop|generate|draft|make|design|compose|code|produce|prepare)\b",
    "work_through": r"\b(?:analy[sz]e|compare|debug|fix|review|optimi[sz]e|refactor|evaluate|assess|diagnose|investigate|solve|prove|derive|calculate|estimate|plan|recommend|audit|reconcile|model|forecast)\b",
    "reshape": r"\b(?:rewrite|rephrase|reword|summari[sz]e|translate|shorten|format|convert|extract|edit|correct|proofread|simplify|paraphrase|list)\b",
    "constraint": r"\b(?:must|should|only|without|at least|at most|no more than|less than|ensure|exactly|except|unless|instead of|need(?:s)? to|has to|have to|cannot|can't|don't|avoid|limit|given|assuming|each|between|per)\b",
    "deliverable": r"\b(?:report|plan|script|function|query|proposal|policy|contract|spreadsheet|dashboard|api|app|application|program|algorithm|architecture|strategy|roadmap|schema|test(?:s)?|essay|article|story|blog|presentation|budget|memo|agenda|formula|regex|class|component|pipeline)\b",
    "small_deliverable": r"\b(?:synonym|word for|spell|joke|name for|names for|title|tagline|emoji|capital of|definition|meaning of|stand for|one[- ]liner|haiku|limerick|riddle|caption|slogan)\b",
    "courtesy": r"\b(?:thanks|thank you|thx|cheers|hello|hi|hey|good (?:morning|evening|night)|great|awesome|cool|nice|perfect|lol|haha|bye|merci|danke|gracias|obrigad[oa]|grazie|ok|okay)\b",
    "assent": r"^(?:yes|yep|yeah|ok(?:ay)?|sure|please do|do (?:it|that)|go (?:ahead|on)|continue|proceed|next|sounds good|ja|oui|sí|si|sim|keep going)\b",
    "adjust": r"\b(?:shorter|longer|again|instead|more formal|less formal|change (?:it|the|that)|make (?:it|this|that)|add|remove|same (?:for|but)|now|also|that one|the (?:first|second|last) one)\b",
    "trouble": r"\b(?:error|exception|fails?|failing|failed|bug|crash(?:es|ed)?|doesn't work|not working|wrong|broken|issue|stuck|timeout|leak)\b",
    "self_praise": r"\b(?:act as|you are (?:a|an|the)|as a senior|expert|world[- ]class|urgent|critical|important|executive|ceo|board|mission)\b",
    "machine": r"(?:generate a (?:concise|short|brief)[^.]{0,40}title|### ?task|<chat_history>|json (?:format|object)[^.]{0,60}(?:title|tags|follow_ups|queries)|\bfollow[- ]up questions?\b[^.]{0,40}suggest|conversation (?:so far|above|history)|respond with only|isNewTopic|<\|?fim|<command-|quota|ping\b|compact)",
}
COMPILED = {name: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for name, pattern in WORDS.items()}
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAMED = re.compile(r"(?<=[a-z,;] )[A-Z][\w-]+|\b\w+[._/\\]\w+\b|\b[a-z]+[A-Z]\w*|\b[A-Z]{2,}\b")
ITEM = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)]|[a-z]\))\s+\S", re.MULTILINE)
SENTENCE = re.compile(r"[^.!?。！？\n]{3,}")
WORD = re.compile(r"\w+")

SHAPE = (
    "said_length",
    "material_length",
    "material_share",
    "words",
    "sentences",
    "questions",
    "items",
    "numbers",
    "named",
    "repetition",
    "word_length",
    "dense_script",
    "other_script",
    "trouble_in_material",
    "in_conversation",
    "earlier_asks",
    "earlier_ask_length",
    "earlier_answer_length",
    "short_in_conversation",
    "earlier_make",
)
NAMES = (*SHAPE, *WORDS)


def signals(views: Sequence[View]) -> Rows:
    """Count the signals. Shape (n, len(NAMES)) float32; logarithms of counts, or shares between 0 and 1."""
    return np.array([row(view) for view in views], dtype=np.float32).reshape(len(views), len(NAMES))


def row(view: View) -> list[float]:
    """Count one turn's signals in the order of NAMES."""
    said, material = view.said[:6000], view.material[:6000]
    words = WORD.findall(said.lower())
    total = max(1, len(said) + len(material))
    follows = bool(view.earlier_asks)
    shape = [
        log1p(min(len(said), SAID_CEILING)),
        log1p(min(len(material), MATERIAL_CEILING)),
        len(material) / total,
        log1p(min(len(set(words)), 200)),
        count(len(SENTENCE.findall(said))),
        count(said.count("?") + said.count("？")),
        count(len(ITEM.findall(said))),
        count(len(NUMBER.findall(said))),
        count(len(NAMED.findall(said))),
        1 - len(set(words)) / max(1, len(words)),
        sum(map(len, words)) / max(1, len(words)) / 10,
        len(DENSE.findall(said)) / max(1, len(said)),
        sum(ord(c) > 127 for c in said) / max(1, len(said)),
        float(bool(COMPILED["trouble"].search(material))),
        float(follows),
        count(view.earlier_asks),
        log1p(min(len(view.earlier_ask), SAID_CEILING)),
        log1p(min(len(view.earlier_answer), MATERIAL_CEILING)),
        float(follows and len(words) < 12),
        float(follows and bool(COMPILED["make"].search(view.earlier_ask[:2000]))),
    ]
    return shape + [count(len(pattern.findall(said))) for pattern in COMPILED.values()]


def count(number: int) -> float:
    """Soften a count: its logarithm up to the ceiling."""
    return log1p(min(number, COUNT_CEILING))
