"""What a dialect's interpreter returns: the facts of a request and of its answer, without the wire format."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from ledger.records import Message

TailKind = Literal["text", "tool_results", "mixed", "empty"]


@dataclass(frozen=True, slots=True)
class Signals:
    """What the client itself says of a call, in headers or in fields of its own. Hints: structure decides."""

    client: str | None = None  # the client that was recognised, such as "claude-code"; None: none that we know
    session: str | None = field(default=None, repr=False)  # its own id of the session
    turn: str | None = field(default=None, repr=False)  # its own id of the human turn that the call serves
    by_agent: bool | None = None  # an agent, no person, began the call; None: not said
    automation: str | None = None  # the name of the marker by which the call is known as automation


@dataclass(frozen=True, slots=True)
class Request:
    """What a request body says.

    The tail is everything after the last message of the assistant. `history` is every human and assistant text before
    the tail, oldest first, human texts with the human's own words only; messages without text (pure tool calls, tool
    results) are left out. When no human speaks in the tail (tool results only, or an answer that the client began),
    `text` is the human's last ask before it, and `history` stops before that ask.
    """

    tail: TailKind
    text: str = field(repr=False)  # the human's words; "" when there are none anywhere
    history: tuple[Message, ...] = field(repr=False)
    model: str | None
    streamed: bool
    opening: str = field(repr=False)  # the first human text of the whole conversation (not only of `history`'s window),
    # which is `text` itself where nothing came before: it tells conversations without an id apart
    place: int  # how many human asks came before `text` in the whole conversation, 0 for the first
    user: str | None = field(repr=False)  # the body's own claim of who asks
    conversation: str | None = field(repr=False)  # the body's own conversation or session id
    signals: Signals = Signals()
    completion: bool = False  # inline completion at a cursor: no person wrote the prompt
    # The assistant's own id of the answer, or of the conversation, that this goes on from. The assistant keeps what was
    # said before, so `history` and `opening` lack it, and `place` counts from here. None: all that was said is here.
    continues: str | None = field(default=None, repr=False)
    stored: str | None = field(default=None, repr=False)  # which prompt kept by the assistant is asked, and with what


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer body says so far."""

    complete: bool | None  # the terminal event was seen, or the whole body was read; None: as HTTP's own end says
    model: str | None
    input_tokens: int | None  # None: not reported
    output_tokens: int | None
    error: bool  # the answer is an error object, or an error came in mid-stream
    id: str | None = field(default=None, repr=False)  # what a later request's `continues` names; None: nothing can


class AnswerReader(Protocol):
    """Reads one answer piecewise. Feeding whole or a byte at a time gives the same reply."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came on the wire (maybe compressed). Raises UnreadableExchange."""

    def end(self) -> Reply:
        """Say what the answer was. Raises UnreadableExchange when nothing could be read."""
