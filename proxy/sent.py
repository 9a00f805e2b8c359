"""A request as its dialect reads it, before anything is known of the client that wrote it.

Texts are the body's own, not copies of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.dialects.table import Speaker


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message, with all that its client put into it."""

    speaker: Speaker | None  # None: nobody that the dialect knows
    texts: tuple[str, ...] = field(repr=False, default=())  # its text blocks; of a tool, what it says
    results: tuple[str, ...] = field(repr=False, default=())  # what tools say inside a human's message
    tool_results: bool = False  # tools say something in it, maybe without text
    wordless: bool = False  # something in it is no text: a picture, a file, what a tool says


@dataclass(frozen=True, slots=True)
class Sent:
    """The whole request."""

    headers: Mapping[str, str] = field(repr=False)  # lower-case names
    fields: Mapping[str, Any] = field(repr=False)  # of the body
    system: tuple[str, ...] = field(repr=False)  # the texts of the system prompt that stands beside the messages
    messages: tuple[Spoken, ...] = field(repr=False)
