"""One human ask is one turn, however many calls it causes: decides to which turn a call belongs.

The state is the ledger itself: each turn carries `ask`, a keyed digest of person, conversation, place in it and text,
so that a proxy that restarts, or a second one on the same ledger, folds the same way. Structure decides; a client's
own word (a retry counter) is a hint that counts only where structure agrees.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ledger.pseudonyms import Key
from ledger.records import CallKind
from proxy.reading import Request

# A client that gives up and asks again does so within minutes: SDK timeouts are 600 s (wire.md, section 1, fact 6).
RETRY_WINDOW = timedelta(minutes=20)
# "Regenerate" in a chat window, where the conversation shows that it is the same place.
REGENERATE_WINDOW = timedelta(hours=12)


class AskSeen(Protocol):
    """The newest turn with the same ask, as the ledger remembers it."""

    @property
    def turn_id(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def answered(self) -> bool: ...
    @property
    def open(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a person's usage a request stands."""

    conversation: str  # keyed digest
    ask: str  # keyed digest


def place(key: Key, person: str, request: Request) -> Place:
    """Find the request's conversation and ask. Whitespace does not count: clients re-send a text in new shapes."""
    declared = request.conversation
    anchor = ("declared", declared) if declared else ("opening", _plain(request.opening))
    conversation = key.digest("conversation", person, *anchor)
    return Place(
        conversation=conversation,
        ask=key.digest("ask", person, conversation, str(request.place), _plain(request.text)),
    )


def fold(request: Request, at: str, retried: bool, seen: AskSeen | None) -> tuple[CallKind, int | None]:
    """Say what kind of call a request is and which turn it belongs to; None is a new turn.

    `retried`: the client itself says that this is not its first try.
    """
    if request.tail == "tool_results":
        # Without a turn, the loop began before Assay saw it: its ask is in the history, and counts once.
        return "continuation", seen.turn_id if seen else None
    if seen is not None and _same(request, _since(seen.at, at), retried, seen):
        return "retry", seen.turn_id
    return "prompt", None


def _same(request: Request, since: timedelta, retried: bool, seen: AskSeen) -> bool:
    if since <= RETRY_WINDOW and (retried or seen.open or not seen.answered):
        return True  # the first try failed, or still runs: a retry, or the same ask to several models
    # Answered, and asked again at the same place of a conversation: "regenerate". At a conversation's beginning,
    # without an id of its own, it is a new conversation with the same words: a turn, which novelty will weigh.
    known_place = bool(request.place or request.conversation)
    return known_place and since <= REGENERATE_WINDOW


def _since(earlier: str, later: str) -> timedelta:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier)


def _plain(text: str) -> str:
    return " ".join(text.split())
