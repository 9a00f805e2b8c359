"""Reads the banks: prompts written by hand for the attacks. Held out: no training may read them.

Each line is a labelled prompt; `plain` is the same ask in plain English, `dressed` the same ask in long dress.
"""

from dataclasses import dataclass
from pathlib import Path

from classifiers.labelled import Asked, Labelled, labelled, records

BANKS = Path(__file__).with_name("banks")
PAIRS = "pairs"  # genuine asks, very short, with the same in long dress


@dataclass(frozen=True, slots=True)
class Entry:
    """One prompt of a bank."""

    item: Labelled
    plain: Asked | None
    dressed: Asked | None


def read_bank(name: str) -> list[Entry]:
    """Read a bank."""
    with (BANKS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [
            Entry(labelled(number, record, name), beside(record, "plain"), beside(record, "dressed"))
            for number, record in records(lines)
        ]


def beside(record: dict[str, object], key: str) -> Asked | None:
    """Read the same ask in other words, where the line gives it."""
    text = record.get(key)
    return Asked(f"{record['id']}-{key}", text, ()) if isinstance(text, str) else None
