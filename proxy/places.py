"""Where in a person's usage a request stands, as keyed digests: an id that a client sends is nowhere kept as it came.

Whitespace does not count: clients re-send a text in new shapes.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

from ledger.pseudonyms import DIGEST_CHARS, Key
from proxy.reading import Request

HALF = DIGEST_CHARS // 2
MAX_PIECES = 64  # of a text, looked at for what was asked before


class Asked(Protocol):
    """A turn with its place, as the ledger remembers it."""

    @property
    def conversation(self) -> str: ...
    @property
    def place(self) -> int | None: ...
    @property
    def ask(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A request's place, and the traces that it leaves there."""

    key: Key = field(repr=False)
    person: str
    conversation: str
    number: int  # how many asks came before it in the conversation
    before: str = field(repr=False)  # the ask before it, which tells two asks of the same words apart; "": none
    text: str = field(repr=False)
    stored: str = field(repr=False)  # the prompt that the assistant keeps, where that is what is asked; "": none
    session: str | None  # the trace of its session: of all that a person and their agents do in one go
    sent: str | None  # the trace of the client's own id of the turn
    continued: str | None  # the trace of the answer that it goes on from
    waiting: str  # the trace of calls that wait for their turn

    @property
    def ask(self) -> str:
        return self._ask(self.text)

    def repeats(self, turn: Asked) -> bool:
        """Say whether the turn asked the same words, wherever that was."""
        return turn.ask[HALF:] == self.ask[HALF:]

    def behind(self, turn: Asked) -> str | None:
        """Give what the text says behind the turn's own words at the same place, as after an interruption."""
        if turn.conversation == self.conversation and turn.place == self.number:
            pieces = self.text.split("\n\n", MAX_PIECES)
            for count in range(1, len(pieces)):
                if turn.ask == self._ask("\n\n".join(pieces[:count])):
                    return "\n\n".join(pieces[count:])
        return None

    def at(self, turn: Asked) -> "Place":
        """Give the place that follows a turn."""
        return replace(self, conversation=turn.conversation, number=(turn.place or 0) + 1)

    def _ask(self, text: str) -> str:
        """Stand for where something was asked, and behind that for what."""
        where = self.key.digest("place", self.person, self.conversation, str(self.number), _plain(self.before))
        return where[:HALF] + self.key.digest("words", self.person, _plain(text), self.stored)[:HALF]


def place(key: Key, person: str, client: str | None, request: Request) -> Place:
    """Find a request's place. `client`: the program by its User-Agent, all there is to tell sessions without an id."""
    session = request.signals.session or request.conversation or request.continues
    declared = request.conversation or request.continues
    anchor = ("declared", declared) if declared else ("opening", _plain(request.opening), session or "")
    return Place(
        key=key,
        person=person,
        conversation=key.digest("conversation", person, *anchor),
        number=request.place,
        before=next((said.text for said in reversed(request.history) if said.role == "user"), ""),
        text=request.text,
        stored=request.stored or "",
        session=_trace(key, "session", person, session),
        sent=_trace(key, "sent", person, request.signals.turn),
        continued=answer_trace(key, person, request.continues),
        waiting=key.digest("waiting", person, *(("session", session) if session else ("client", client or ""))),
    )


def answer_trace(key: Key, person: str, answer: str | None) -> str | None:
    """Give the trace of an answer by its own id."""
    return _trace(key, "answer", person, answer)


def _trace(key: Key, purpose: str, person: str, name: str | None) -> str | None:
    return key.digest(purpose, person, name) if name else None


def _plain(text: str) -> str:
    return " ".join(text.split())
