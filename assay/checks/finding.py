"""What a check found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what is so, and what to do where that is not well."""

    state: Literal["good", "note", "bad"]  # a note is for a person to weigh, bad wants mending
    said: str
    fix: str | None = None


def good(said: str) -> Finding:
    return Finding("good", said)


def note(said: str, fix: str | None = None) -> Finding:
    return Finding("note", said, fix)


def bad(said: str, fix: str) -> Finding:
    return Finding("bad", said, fix)
