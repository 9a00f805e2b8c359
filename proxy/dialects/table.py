"""What a dialect's table is made of. If a dialect seems to need an `if` in the interpreter, the table lacks a column.

A path is a tuple of steps from a JSON value to one inside it: a name steps into an object, a number into a list, the
empty path stays. A path that leads nowhere gives None, as null does.
"""

import re
from dataclasses import dataclass
from typing import Literal

Path = tuple[str | int, ...]
Speaker = Literal["human", "assistant", "tool", "system"]


def at(value: object, path: Path) -> object:
    """Give what is at `path` inside a JSON value, or None."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class Mark:
    """Holds where the value at `path` is one of `values`; without values, where there is any but null and false."""

    path: Path
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a client names something: a user, a conversation."""

    path: Path
    inside: Path = ()  # the text at `path` is JSON itself, and the name is at this path in it
    pattern: re.Pattern[str] | None = None  # the name is this pattern's first group in the text


@dataclass(frozen=True, slots=True)
class Count:
    """Where an answer reports a number of tokens: the sum of `fields` of the object at any of `places`.

    Each field counts as last reported.
    """

    places: tuple[Path, ...]
    fields: tuple[str, ...]
    instead: "Count | None" = None  # counts where nothing is reported here
    header: str = ""  # of the answer, lower case: counts where the body reports nothing


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a wire format says things. Of several marks or claims the first that holds counts."""

    name: str
    # The request.
    messages: Path  # a list of objects, the oldest first
    speakers: tuple[tuple[Mark, Speaker], ...]  # of a message; what no mark fits is nobody's
    content: Path  # of a message: a text, or a list of blocks
    text_blocks: tuple[Mark, ...]
    block_text: Path  # of a text block
    tool_result_blocks: tuple[Mark, ...]  # of a human's message: what a tool says there
    asked_model: Path
    stream: Path  # true: the answer shall be streamed
    user: tuple[Claim, ...]
    conversation: tuple[Claim, ...]
    # The answer: the whole body, or each event of a stream, is one object.
    model: tuple[Path, ...]
    input_tokens: Count  # all that was read, from a cache or not
    output_tokens: Count
    ends: tuple[Mark, ...]  # nothing of the answer is missing once this came
    sentinels: frozenset[bytes]  # as `ends`, for events that are no JSON
    errors: tuple[Mark, ...]
    error_events: frozenset[str]  # names of events
    # By default a dialect has none of these.
    system: tuple[Path, ...] = ()  # of the request: system prompts beside the messages, each a text or a list of blocks
    tool_result_content: Path = ()  # of a block in which a tool says something: a text, or a list of blocks
    model_path: re.Pattern[str] | None = None  # found in the URL's path: its first group is the model, percent-encoded
    newest: Path | None = None  # the newest message, or just its text, where it stands apart; the empty path: the body
    newest_listed: bool = False  # it may stand among the others too
    resumes: tuple[Mark, ...] = ()  # of the request: the answer before shall go on, and nobody asks
    templated: bool = False  # a text that is `newest` may hold a whole conversation, in the model's own template
    newest_results: Path = ()  # a list of what tools said after the newest message, which is then no new ask
    tool_result_messages: tuple[Mark, ...] = ()  # a human's message in which tools say something, as blocks may
    other_content: Path = ()  # of a message that has none at `content`
    other_block_text: Path = ()  # of a text block that has none at `block_text`
    hidden_blocks: tuple[Mark, ...] = ()  # text blocks that nobody said: an assistant's thoughts
    streams_by_default: bool = False  # nothing at `stream`: the answer shall be streamed
    stream_paths: tuple[str, ...] = ()  # ends of URL paths that ask for a stream, whatever the body says
    completions: tuple[Path, ...] = ()  # of the request: what isn't empty there makes it a completion at a cursor
    completion_path: re.Pattern[str] | None = None  # found in the URL's path: it is one, whatever the body says
    completion_marks: tuple[str, ...] = ()  # in what a human says: it is one
    completes_texts: bool = False  # a text that is `newest` is one, unless it holds a conversation (`templated`)
    without_text: str = ""  # the automation that a request without any text is, also one with nothing but a model
    turn: tuple[Claim, ...] = ()  # of the message that a person wrote: the same where it is sent again
    automation: str = ""  # what every request in it is: none is a person's
    named_automation: Path = ()  # of the request: names the automation that it is, also one without messages
    continues: tuple[Claim, ...] = ()  # of the request: what it goes on from, which the assistant keeps
    continues_path: re.Pattern[str] | None = None  # found in the URL's path: its first group is the same
    elsewhere: tuple[Path, ...] = ()  # of the request: what is said may stand in what this names, as a stored prompt
    stored: Path = ()  # of the request: a prompt that the assistant keeps, with what is filled into it
    # And of the answer.
    coded_lines: str = ""  # a header of streams in which a line is a code, which is the event's name, a colon and JSON
    end_events: frozenset[str] = frozenset()  # names of events, as `ends`
    wrapped: Path = ()  # where a part holds the real one: its JSON in base64
    answer_id: tuple[Path, ...] = ()  # what a later request names where it goes on from this answer
    ends_with_body: bool = False  # no mark always ends an answer: a body that HTTP ends as it should is whole


def says(step: str, *values: str) -> Mark:
    """Mark where the field `step` is one of `values`."""
    return Mark((step,), frozenset(values))
