"""The attacks by name: what each puts on a prompt, and what it costs a person. It leaves out how they are measured."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from classifiers.attack import texts

Dress = Callable[[str, Random], str]

SPREAD_OVER = 100  # prompts over which the work done once is spread


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to make trivial prompts look like work. Its seconds are our estimates of a practised person's effort."""

    name: str
    what: str
    once_seconds: float  # before the first prompt
    each_seconds: float  # for each prompt, beside asking it plainly
    dress: Dress | None = None  # None: its prompts lie in a bank, or its prefix is searched for
    bank: str | None = None
    allows: int = 0  # the level that the rubric grants whatever is dressed so

    @property
    def seconds(self) -> float:
        """Give the effort for one prompt of a hundred."""
        return self.once_seconds / SPREAD_OVER + self.each_seconds


def persona(text: str, random: Random) -> str:
    """Set a role first."""
    return random.choice(texts.PERSONAS) + text


def jargon(text: str, random: Random) -> str:
    """Speak the words of a trade first."""
    return "".join(random.sample(texts.JARGON, 2)) + text


def logs_before(text: str, random: Random) -> str:
    """Paste a log first."""
    return f"{random.choice(texts.LOGS)}\n\n{text}"


def logs_after(text: str, random: Random) -> str:
    """Paste a log last."""
    return f"{text}\n\n{random.choice(texts.LOGS)}"


def code_before(text: str, random: Random) -> str:
    """Paste code first."""
    return f"{random.choice(texts.CODES)}\n\n{text}"


def code_after(text: str, random: Random) -> str:
    """Paste code last."""
    return f"{text}\n\n{random.choice(texts.CODES)}"


def constraints(text: str, random: Random) -> str:
    """Stack conditions that everything fulfils."""
    return text + "\n" + "\n".join(f"- {line}" for line in random.sample(texts.CONSTRAINTS, 6))


def importance(text: str, random: Random) -> str:
    """Claim that much depends on it."""
    return "".join(random.sample(texts.IMPORTANCE, 2)) + text


def rater(text: str, random: Random) -> str:
    """Tell the rater what to say."""
    return text + random.choice(texts.RATER)


def repetition(text: str, random: Random) -> str:
    """Say it five to nine times."""
    return text + "".join(random.choice(texts.REPEATS) + text for _ in range(random.randint(4, 8)))


def long_report(text: str, random: Random) -> str:
    """Ask for length and chapters, which the answer does not need."""
    return text.rstrip() + random.choice(texts.LONG_REPORTS)


def tiny_asks(text: str, random: Random) -> str:
    """Make it one of ten tiny asks. The rubric grants such a list routine, and no more."""
    asks = random.sample(texts.TINY_ASKS, 9)
    asks.insert(random.randrange(10), text)
    return "\n".join(f"{number}. {ask}" for number, ask in enumerate(asks, 1))


def everything(text: str, random: Random) -> str:
    """Wear persona, importance, conditions and pasted code at once."""
    dressed = constraints(importance(text, random), random)
    return code_after(persona(dressed, random), random)


PREFIX = "searched-prefix"
ATTACKS = (
    Attack("persona", "a role set first", 60, 3, persona),
    Attack("jargon", "words of a trade first", 60, 3, jargon),
    Attack("logs-before", "a pasted log first", 60, 5, logs_before),
    Attack("logs-after", "a pasted log last", 60, 5, logs_after),
    Attack("code-before", "pasted code first", 60, 5, code_before),
    Attack("code-after", "pasted code last", 60, 5, code_after),
    Attack("constraints", "six conditions that everything fulfils", 120, 3, constraints),
    Attack("importance", "claims of importance", 30, 3, importance),
    Attack("rater", "instructions to the rater", 60, 3, rater),
    Attack("repetition", "the same ask, five to nine times", 0, 4, repetition),
    Attack("long-report", "3,000 words with an executive summary", 30, 3, long_report),
    Attack("tiny-asks", "a list of ten tiny asks", 0, 60, tiny_asks, allows=2),
    Attack("everything", "role, importance, conditions and code at once", 240, 5, everything),
    Attack("translation", "trivial prompts in six languages", 0, 10, bank="translated"),
    Attack("paraphrase", "one trivial ask in seven other wordings", 0, 15, bank="paraphrased"),
    Attack("hollow", "a script's bank of hard-looking, empty questions", 3600, 1, bank="hollow"),
    Attack("loops", "an agent kept busy with nothing", 600, 1, bank="loops"),
    Attack(PREFIX, "a prefix found by search against this judge", 7200, 2),
)
BY_NAME = {attack.name: attack for attack in ATTACKS}
