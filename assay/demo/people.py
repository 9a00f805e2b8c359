"""The demo's invented people, and what each of them does: three teams with different habits."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["ask", "agent", "other"]
CORPUS = Path(__file__).parent.parent.parent / "classifiers" / "corpus"
SEED = 11
TURNS = 13  # of each person, about
RETRIED = 0.06  # share of asks whose first try the stand-in refuses


@dataclass(frozen=True, slots=True)
class Person:
    """Known to the proxy by a header (`user`), or else by the API key."""

    name: str
    team: str
    user: str | None
    sdk: Literal["openai", "anthropic"]

    @property
    def api_key(self) -> str:
        return f"sk-demo-{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a person's client does. `other` is no prompt: models, embeddings, counting tokens."""

    kind: Kind
    turns: tuple[tuple[str, str], ...] = field(repr=False, default=())  # (role, text), the ask last
    streamed: bool = False
    steps: int = 0  # of an agent: how many tools it calls
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt of the corpus in its conversation."""

    level: int
    category: str
    turns: tuple[tuple[str, str], ...] = field(repr=False)


TEAMS = {
    "Platform": ("Amara", "Bjorn", "Chiara", "Dmitri", "Esra", "Farid"),
    "Operations": ("Gita", "Hugo", "Ines", "Jonas", "Kemal", "Lucia"),
    "Growth": ("Marek", "Nadia", "Owen", "Paula", "Quentin", "Rosa"),
}


def people() -> list[Person]:
    """Name them. Two in three come through a front proxy that names them; of the others only the API key is known."""
    return [
        Person(
            name,
            team,
            user=f"{name.lower()}@example.com" if number % 3 else None,
            sdk="openai" if number % 2 else "anthropic",
        )
        for team, names in TEAMS.items()
        for number, name in enumerate(names)
    ]


def plan(corpus: Path = CORPUS) -> dict[Person, list[Step]]:
    """Say what each person does, in order; the same each time. Raises OSError where the corpus is missing."""
    chance = random.Random(SEED)  # noqa: S311 - nothing here is secret
    habits = {"Platform": substantive(corpus), "Operations": mixed(corpus), "Growth": farming(corpus)}
    return {person: habits[person.team](chance) for person in people()}


Habit = Callable[[random.Random], list[Step]]


def substantive(corpus: Path) -> Habit:
    """Ask for work with a purpose, and let an agent work at some of it."""
    tech = samples(corpus, "engineering", "natural-tech", "conversations")

    def habit(chance: random.Random) -> list[Step]:
        asks = chance.sample([s for s in tech if s.level >= 3], 8) + chance.sample([s for s in tech if s.level == 2], 3)
        agents = [Step("agent", sample.turns, steps=chance.randint(3, 6)) for sample in asks[:2]]
        return shuffled(chance, [*agents, *plain(chance, asks[2:]), Step("other"), Step("other")])

    return habit


def mixed(corpus: Path) -> Habit:
    """Ask for what an office needs: letters, answers, and now and then something hard."""
    office = samples(corpus, "business", "natural-office", "natural-mixed")

    def habit(chance: random.Random) -> list[Step]:
        counts = {0: 1, 1: 4, 2: 5, 3: 2, 4: 1}
        asks = [ask for level, n in counts.items() for ask in chance.sample([s for s in office if s.level == level], n)]
        return shuffled(chance, [*plain(chance, asks), Step("other"), Step("other")])

    return habit


def farming(corpus: Path) -> Habit:
    """Drive up the count: greetings, trivial asks, the same again, and an agent that goes round and round."""
    gaming = samples(corpus, "gaming", "natural-mixed")

    def habit(chance: random.Random) -> list[Step]:
        asks = chance.sample([s for s in gaming if s.level == 0], 4) + chance.sample(
            [s for s in gaming if s.level == 1], 5
        )
        asks += chance.choices(asks, k=4)
        agent = Step("agent", (("user", "keep checking whether the dashboard has changed"),), steps=8)
        return shuffled(chance, [agent, *plain(chance, asks), Step("other")])

    return habit


def samples(corpus: Path, *names: str) -> list[Sample]:
    """Read prompts that a person wrote."""
    return [sample for name in names for sample in read(corpus / f"{name}.jsonl") if sample.category != "automation"]


def read(file: Path) -> Iterator[Sample]:
    for line in file.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        turns = tuple((turn["role"], turn["text"]) for turn in record["turns"])
        yield Sample(record["level"], record["category"], turns)


def plain(chance: random.Random, asks: list[Sample]) -> list[Step]:
    """Ask each once."""
    return [Step("ask", ask.turns, streamed=chance.random() < 0.6, retried=chance.random() < RETRIED) for ask in asks]


def shuffled(chance: random.Random, steps: list[Step]) -> list[Step]:
    chance.shuffle(steps)
    return steps
