"""Dresses prompts in what adds no work, for training: the label stays. Our own texts; the attack suite has others.

Most dress is put together at random, from parts: six fixed sentences are learned by heart, and the seventh fools. It
leaves out dress that does change the work, such as a real constraint or a second ask.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from classifiers import disguise_parts as parts
from classifiers.signals import COMPILED

Dress = Callable[[str, Random], str]

LEAST_BORROWED = 20
SENTENCE = re.compile(r"[^.!?;:\n]{25,160}[.!?;:\n]")
ASKING = re.compile(
    r"\?|\b(?:please|can you|could you|would you|i need|i want|help|tell|give|show|let me|should)\b", re.I
)
ASKS = tuple(COMPILED[name] for name in ("closed_question", "how_or_why", "make", "work_through", "reshape"))


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What dress is borrowed from the prompts that are trained on."""

    statements: Sequence[str] = ()  # sentences that ask nothing
    words: Sequence[str] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Wardrobe":
        """Collect it from prompts that ask for work."""
        sentences = dict.fromkeys(found.strip() for text in texts for found in SENTENCE.findall(text))
        statements = [found for found in sentences if states(found)]
        return cls(statements, sorted({word for found in statements for word in found.split()}))


def states(sentence: str) -> bool:
    """Tell a sentence that only states something from one that may ask."""
    return len(sentence.split()) >= 5 and not any(pattern.search(sentence) for pattern in (ASKING, *ASKS))


def filled(template: str, random: Random) -> str:
    """Fill a template's blanks at random."""
    blanks = {
        **dict(zip("xyz", random.sample(parts.TERMS, 3), strict=True)),
        **dict(zip("ab", random.sample(parts.ADJECTIVES, 2), strict=True)),
        **dict(zip("qrs", random.sample(parts.MANNERS, 3), strict=True)),
        **dict(zip(("part", "part2", "part3"), random.sample(parts.PARTS, 3), strict=True)),
        "n": random.randint(12, 9000),
        "m": random.randint(10, 59),
        "k": random.randint(2, 9),
        "w": random.choice(parts.WORDS),
        "v": random.choice(parts.VERBS),
        "id": random.choice(("id", "key", "ref", "qty")),
        "lvl": random.choice(("INFO", "WARN", "ERROR", "DEBUG")),
        "role": random.choice(parts.ROLES),
    }
    return template.format_map(blanks)


def several(templates: Sequence[str], least: int, most: int, random: Random) -> list[str]:
    """Fill some templates, each blank anew."""
    return [filled(random.choice(templates), random) for _ in range(random.randint(least, most))]


def preamble(text: str, random: Random) -> str:
    """Claim a role or importance first."""
    opening = random.choice(("You are", "Speak as", "Be"))
    role = f"{opening} a {random.choice(parts.QUALITIES)} {random.choice(parts.ROLES)}. "
    return random.choice((random.choice(parts.PREAMBLES), role, "".join(several(parts.PLEAS, 1, 2, random)))) + text


def ending(text: str, random: Random) -> str:
    """Stack empty conditions, or speak to the rater."""
    if random.random() < 0.5:
        return text + "".join(random.sample(parts.ENDINGS, random.randint(1, 2)))
    return text + filled(random.choice(parts.VERDICTS), random)


def conditions(text: str, random: Random) -> str:
    """Stack conditions that say nothing, as sentences or as points."""
    lines = several(parts.CONDITIONS, 2, 7, random)
    return "\n- ".join((text, *lines)) if random.random() < 0.5 else " ".join((text, *lines))


def jargon(text: str, random: Random) -> str:
    """Speak the words of a trade first."""
    return "".join(several(parts.OPENINGS, 1, 3, random)) + text


def facts(text: str, random: Random) -> str:
    """State facts that the ask does not need."""
    stated = " ".join(several(parts.FACTS, 2, 6, random))
    return f"{stated} {text}" if random.random() < 0.75 else f"{text} {stated}"


def length(text: str, random: Random) -> str:
    """Ask for more words than the answer needs."""
    return text + filled(random.choice(parts.LENGTHS), random)


def pasted(text: str, random: Random) -> str:
    """Paste what the ask does not need, before or after."""
    code = "```\n" + "\n".join(several(parts.CODE_LINES, 4, 12, random)) + "\n```"
    material = random.choice((random.choice(parts.PASTED), "\n".join(several(parts.LOG_LINES, 3, 9, random)), code))
    return f"{text}\n\n{material}" if random.random() < 0.5 else f"{material}\n\n{text}"


def repeated(text: str, random: Random) -> str:
    """Say it again."""
    return "\n".join([text] * random.randint(2, 4)) if len(text) < 200 else text + "\n" + text[:200]


def stripped(text: str, random: Random) -> str:
    """Write carelessly: no capitals, no full stops, no please."""
    return text.lower().replace("please ", "").rstrip(".!? ")


def beside(text: str, random: Random, added: str) -> str:
    """Put something before an ask, or after."""
    return f"{added} {text}" if random.random() < 0.7 else f"{text} {added}"


def borrowed(text: str, random: Random, wardrobe: Wardrobe) -> str:
    """State what another prompt stated, which the ask does not need."""
    return beside(text, random, " ".join(random.sample(wardrobe.statements, random.randint(1, 4))))


def scattered(text: str, random: Random, wardrobe: Wardrobe) -> str:
    """Put bare words beside it, as a search for what moves the judge does."""
    return beside(text, random, " ".join(random.sample(wardrobe.words, random.randint(2, 9))))


def listed(text: str, others: Sequence[str], random: Random) -> str:
    """Make it one of a list of asks."""
    asks = [*others]
    asks.insert(random.randrange(len(asks) + 1), text)
    point = random.choice(("{}. ", "{}) ", "- "))
    return "\n".join(point.format(number) + ask for number, ask in enumerate(asks, 1))


DRESSES: tuple[Dress, ...] = (preamble, ending, conditions, jargon, facts, length, pasted, repeated, stripped)


def dress(text: str, random: Random, wardrobe: Wardrobe = Wardrobe()) -> str:
    """Dress a prompt in one to four ways."""
    ways = [*DRESSES]
    if len(wardrobe.words) >= LEAST_BORROWED and len(wardrobe.statements) >= LEAST_BORROWED:
        ways += [partial(put_on, wardrobe=wardrobe) for put_on in (borrowed, borrowed, borrowed, scattered, scattered)]
    for put_on in random.sample(ways, random.choice((1, 1, 2, 2, 3, 4))):
        text = put_on(text, random)
    return text
