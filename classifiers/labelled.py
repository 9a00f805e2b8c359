"""Labelled turns read from JSONL: what training and evaluation learn from and measure on.

Each line: id, turns (the last is the prompt that the label is for), level, category, work; lang, source and sure where
known. It leaves out how turns are judged.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from classifiers.errors import BadLine
from classifiers.views import View, view
from ledger.records import CATEGORIES, Message

CORPUS = Path(__file__).with_name("corpus")  # ours, free to copy and extend


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt in its conversation, as a file gives it."""

    id: str | int  # as the file gives it
    text: str = field(repr=False)
    context: tuple[Message, ...] = field(repr=False)

    def view(self) -> View:
        """Take it apart for the judge."""
        return view(self.text, self.context)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prompt and what people say of it."""

    asked: Asked
    level: int
    category: str
    work: bool
    lang: str
    origin: str  # the file's stem
    group: str  # the public source, the contrasted topic or the conversation: one group never lies in two folds


def read_labelled(path: Path) -> list[Labelled]:
    """Read one file. Raises BadLine, and OSError when it cannot be opened."""
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return [labelled(number, record, path.stem) for number, record in records(lines)]
    except BadLine as error:
        raise BadLine(error.number, error.what, path) from None


def labelled(number: int, record: dict[str, Any], origin: str) -> Labelled:
    """Read one record's labels."""
    asked = read_asked(number, record)
    level, category, work = record.get("level"), record.get("category"), record.get("work")
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= 4:
        raise BadLine(number, "`level` must be a whole number from 0 to 4")
    if category not in CATEGORIES:
        raise BadLine(number, f"`category` must be one of {', '.join(CATEGORIES)}")
    if work not in ("yes", "no"):
        raise BadLine(number, '`work` must be "yes" or "no"')
    first = asked.context[0].text if asked.context else asked.text
    source, _, _ = str(record.get("source") or "").partition(":")
    group = source or (str(asked.id).rpartition("-")[0] if origin == "contrast" else first[:200])
    return Labelled(asked, level, category, work == "yes", str(record.get("lang") or ""), origin, group)


def records(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number the lines from 1 and parse those that are not blank. Raises BadLine."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise BadLine(number, "not JSON; write one JSON object on each line") from None
        if not isinstance(record, dict):
            raise BadLine(number, 'not an object; write {"id": ..., "turns": [{"role": "user", "text": ...}]}')
        yield number, record


def read_asked(number: int, record: dict[str, Any]) -> Asked:
    """Read one record's prompt and conversation. Raises BadLine."""
    turns = record.get("turns")
    if not isinstance(turns, list) or not turns:
        raise BadLine(number, '`turns` must be a list of {"role", "text"} that ends with the prompt')
    messages = tuple(read_message(number, turn) for turn in turns)
    if messages[-1].role != "user":
        raise BadLine(number, "the last of `turns` must have the role user: it is the prompt that is rated")
    name = record.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise BadLine(number, "`id` must be a text or a number")
    return Asked(name, messages[-1].text, messages[:-1])


def read_message(number: int, turn: Any) -> Message:
    """Read one of a record's turns. Raises BadLine."""
    if (
        not isinstance(turn, dict)
        or not isinstance(turn.get("text"), str)
        or turn.get("role") not in ("user", "assistant")
    ):
        raise BadLine(number, "each of `turns` needs a `role` (user or assistant) and a `text`")
    return Message(turn["role"], turn["text"])


def group_folds(items: Sequence[Labelled], folds: int, seed: int) -> list[int]:
    """Give each item a fold, one fold to a group: the largest group first, each to the emptiest fold."""
    sizes = Counter(item.group for item in items)
    salted = sorted(sizes, key=lambda group: (-sizes[group], sha256(f"{seed} {group}".encode()).digest()))
    filled = [0] * folds
    place: dict[str, int] = {}
    for group in salted:
        place[group] = filled.index(min(filled))
        filled[place[group]] += sizes[group]
    return [place[item.group] for item in items]
