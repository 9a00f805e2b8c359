"""What a client's table is made of: how it is known, what it says of its calls, and what it writes around human words.

A fact here changes with a client's version, so each is a line of data with its source, and never code. What a table
says holds for its own client only: elsewhere a person may type the same words.
"""

from dataclasses import dataclass
from typing import Literal

from proxy.dialects.table import Path

# Where a text stands.
# system: any text of the system prompt. human: any text of the human's messages in the tail. last: the last of those.
# only: the text of the one message there is besides the system prompt.
Place = Literal["system", "human", "last", "only"]
How = Literal["begins", "ends", "holds", "is"]
Element = tuple[str, str]  # begin and end. A tag that begins without its ">" may have attributes


@dataclass(frozen=True, slots=True)
class Field:
    """Where a request names something: in a header, or at a path of the body."""

    header: str = ""  # lower case
    path: Path = ()  # of the body, without a header
    inside: Path = ()  # the text there is JSON itself, and the name is at this path in it


@dataclass(frozen=True, slots=True)
class Sign:
    """Holds where a text of the request reads so. Space around it does not count; the empty text fits any."""

    where: Field | tuple[Field, ...] | Place  # of several fields the first that is there counts
    text: str = ""
    how: How = "begins"


@dataclass(frozen=True, slots=True)
class Marker:
    """Tells a call that no person asked for; all its signs hold there."""

    name: str
    signs: tuple[Sign, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Command:
    """How a client writes a command that a person typed, and what it expands to in the texts behind it."""

    begin: str  # of its text
    name: Element
    words: Element  # what the person typed behind the name
    local: tuple[str, ...]  # begins of the text behind a command that the client ran itself: nothing was asked


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a client writes around a human's words, or in a human's name."""

    edges: tuple[Element, ...] = ()  # taken from a text's beginning and end
    whole: tuple[Element, ...] = ()  # a text that begins and ends so is dropped, in whatever case
    drops: tuple[str, ...] = ()  # a text that begins so is dropped
    synthetic: tuple[str, ...] = ()  # a text that is this is dropped
    rest: tuple[str, ...] = ()  # from a line that begins so on, the message is dropped
    inside: tuple[Element, ...] = ()  # in a message that has any of these only their inside counts, the last of a text
    after: tuple[Element, ...] = ()  # of a text that begins so, only what follows the last of the second counts
    tool_heads: tuple[Element, ...] = ()  # a text whose first line begins and ends so: tools speak in this message
    replies: tuple[Element, ...] = ()  # a human's words inside what a tool says
    # A system message that begins so holds a human's words, up to the last end, as an edge behind what a tool says.
    asides: tuple[Element, ...] = ()
    setups: tuple[str, ...] = ()  # a message that begins so is dropped, with its answer
    restarts: tuple[str, ...] = ()  # a message that begins so is dropped, with all before it and its answer
    # What is an ask of its own, though none was answered between: the answer was interrupted. Else they are one.
    asks: Literal["rounds", "messages", "texts"] = "rounds"
    quoted: bool = False  # a text with spaces may stand in double quotes, as a shell would need
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A program that people ask with."""

    name: str
    signs: tuple[Sign, ...]  # any of these makes it known
    envelope: Envelope = Envelope()
    session: tuple[Field, ...] = ()  # of these and of `turn` the first that is there counts
    turn: tuple[Field, ...] = ()
    by_agent: tuple[Sign, ...] = ()  # any: an agent began the call
    by_person: tuple[Sign, ...] = ()  # any: a person did
    telltale: tuple[Marker, ...] = ()  # so telling that they make the client known, where it gives no sign
    automation: tuple[Marker, ...] = ()  # further markers, once it is known


def header(name: str, text: str = "", how: How = "begins") -> Sign:
    """See a header."""
    return Sign(Field(header=name), text, how)


def body(*path: str | int, text: str = "", how: How = "is") -> Sign:
    """See a value of the body; numbers and truths as JSON writes them."""
    return Sign(Field(path=path), text, how)


def tag(name: str) -> Element:
    """Give an element that has no attributes."""
    return f"<{name}>", f"</{name}>"
