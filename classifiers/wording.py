"""What of a turn's wording tells repeats apart: its character runs, its words in spite of typos, its numbers and names.

Sets of short texts, made for signing and dropped with it. It leaves out how they are signed (`signatures`).
"""

import re
import unicodedata
from dataclasses import dataclass, field

from classifiers.languages import COMMON
from classifiers.views import View, cut, dense

LOOKED_AT = 3000, 1000  # characters of the beginning and the end
RUN, DENSE_RUN = 5, 3  # characters of a run
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"(?<=[^\W_][ ,(/\"'-])[A-Z][^\W_]*|(?<=[^\W_], )[A-Z][^\W_]*")
WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
ENDINGS = ("ing", "ed", "es", "er", "s")
VOWELS = frozenset("aeiouy")
COUNTING = "one two three four five six seven eight nine ten eleven twelve"
COUNTED = {word: str(count) for count, word in enumerate(COUNTING.split(), 1)}
PLEASING = (
    "please pls hi hello thanks thank kindly could would should need want like just also some any give get so there"
)
EMPTY = frozenset(word for words in (*COMMON.values(), PLEASING) for word in words.split())
POINTING = re.compile(
    r"\b(?:this|these|attached|attachment|above|below|image|picture|screenshot|photo|document|pdf|dies\w*|anbei|"
    r"oben|datei|bild|ceci|cette|ci-joint|fichier|esto|esta|este|adjunto|archivo)\b",
    re.IGNORECASE,
)
POINTING_WORDS = 10  # an ask of fewer words that points at something may be about what Assay does not see
OBJECT = re.compile(r"[:\n\"“„`]")  # what follows may be what is pointed at
ATTACHED = re.compile(r"\[(?:image|file|attachment|pdf)\b", re.IGNORECASE)  # as clients write it into the text


@dataclass(frozen=True, slots=True)
class Wording:
    """One turn's wording."""

    runs: frozenset[str] = field(repr=False)  # of characters, case and punctuation dropped
    words: frozenset[str] = field(repr=False)  # that carry meaning, each written so that most typos give the same
    numbers: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(repr=False)  # where capitals tell them
    earlier: frozenset[str] = field(repr=False)  # the words of the conversation before; empty for a first turn
    pointing: bool  # may be about something that is not in the text


def wording(view: View) -> Wording:
    """Take a turn's wording apart."""
    text = cut("\n".join(filter(None, (view.said, view.material))), *LOOKED_AT)
    return Wording(
        runs=runs(text),
        words=words(text),
        numbers=numbers(text),
        names=names(text),
        earlier=words(view.earlier_ask[:1000] + "\n" + cut(view.earlier_answer, 1000, 1000)),
        pointing=not view.material and pointing(view.said),
    )


def pointing(said: str) -> bool:
    """Tell whether an ask may be about something that is not in it."""
    start = said[: LOOKED_AT[0]]
    if ATTACHED.search(start):
        return True
    return len(WORD.findall(start)) < POINTING_WORDS and bool(POINTING.search(start)) and not OBJECT.search(start)


def runs(text: str) -> frozenset[str]:
    """Give all runs of characters."""
    size = DENSE_RUN if dense(text) else RUN
    plain = " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
    return (
        frozenset(plain[start : start + size] for start in range(max(1, len(plain) - size + 1)))
        if plain
        else frozenset()
    )


def words(text: str) -> frozenset[str]:
    """Give the words that carry meaning; in scripts without spaces, pairs of characters."""
    if dense(text):
        plain = "".join(WORD.findall(text))
        return frozenset(plain[start : start + 2] for start in range(len(plain) - 1))
    return frozenset(skeleton(word) for word in WORD.findall(text.casefold()) if word not in EMPTY)


def skeleton(word: str) -> str:
    """Write a word as its first letter and its consonants, sorted: swapped, doubled and lost letters often vanish."""
    if word in COUNTED or NUMBER.match(word):
        return number(word)
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    ending = next((end for end in ENDINGS if plain.endswith(end) and len(plain) - len(end) >= 4), "")
    stem = plain.removesuffix(ending)
    return stem[:1] + "".join(sorted(set(stem[1:]) - VOWELS))


def number(word: str) -> str:
    """Write a number without its separators."""
    return COUNTED.get(word) or re.sub(r"[.,]", "", word)


def numbers(text: str) -> frozenset[str]:
    """Give the numbers, in figures or small ones in words."""
    found = {number(word) for word in NUMBER.findall(text)}
    return frozenset(
        found | {COUNTED[word] for word in WORD.findall(text.casefold()) if word in COUNTED and word != "one"}
    )


def names(text: str) -> frozenset[str]:
    """Give the words with a capital that does not begin a sentence. None where the whole text is in capitals."""
    letters = [c for c in text if c.isalpha()]
    if sum(c.isupper() for c in letters) * 3 > len(letters):
        return frozenset()
    found = (match.group().casefold() for match in NAME.finditer(text))
    return frozenset(skeleton(name) for name in found if name not in EMPTY)
