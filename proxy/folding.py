"""One human ask is one turn, however many calls it causes: decides to which turn a call belongs.

The state is the ledger itself, so that a proxy that restarts, or a second one on the same ledger, folds the same way.
What a client says of itself leads to a turn, and the structure of the conversation says whether it is that turn.
Fold, never drop: a call whose turn is not known stands without one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ledger.records import CallKind
from proxy.places import Asked, Place
from proxy.reading import Request

# A client that gives up and asks again does so within minutes: SDK timeouts are 600 s.
RETRY_WINDOW = timedelta(minutes=20)
# "Regenerate" in a chat window, where the conversation shows that it is the same place; and the longest that agents
# work for one ask, counted from the newest call of its turn.
TURN_WINDOW = timedelta(hours=12)
# Titles, summaries and suggestions follow the call that they are about; or they come first, at most that long before.
BACKGROUND_WINDOW = timedelta(minutes=2)
ADOPTION_WINDOW = timedelta(seconds=5)


class TurnSeen(Asked, Protocol):
    """An earlier turn, as the ledger remembers it."""

    @property
    def turn_id(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def answered(self) -> bool: ...
    @property
    def open(self) -> bool: ...
    @property
    def called_at(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that could be read."""

    request: Request
    place: Place
    at: str
    retried: bool  # the client says that this is not its first try


@dataclass(frozen=True, slots=True)
class Seen:
    """The turns that a call may belong to, each by another sign; None: there is none."""

    asked: TurnSeen | None = None  # the newest with the same ask: person, conversation, place in it and words
    sent: TurnSeen | None = None  # the newest of which the client says that this is it
    continued: TurnSeen | None = None  # whose answer it goes on from
    # The newest of the session; where there is no session, the newest that this client of the person just opened, for
    # a call that nobody typed.
    newest: TurnSeen | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """What a call is, and of which turn."""

    kind: CallKind
    turn_id: int | None = None  # None: of a new one, or of none
    opens: bool = False  # it is a turn of its own
    waits: bool = False  # a turn that opens at once may be the one it serves
    said: str | None = field(default=None, repr=False)  # the new turn's words; None: all that the request says


def fold(ask: Ask, seen: Seen) -> Fold:
    """Decide by who made the call: the client for itself, an agent, a tool loop, or a person."""
    if ask.request.signals.automation:
        return _of_nobody(ask, seen)
    if ask.request.completion:
        return Fold("completion")
    if ask.request.signals.by_agent:
        return _of_agent(ask, seen)
    if ask.request.tail == "tool_results":
        return _of_loop(ask, seen)
    return _of_person(ask, seen)


def _of_nobody(ask: Ask, seen: Seen) -> Fold:
    """Titles, summaries, probes: of the turn that they quote or name, else of what the session does just now."""
    newest = seen.newest
    sure = (seen.sent, seen.asked, newest if newest and ask.place.repeats(newest) else None)
    if turn := _under_way(ask, TURN_WINDOW, *sure):
        return Fold("automation", turn.turn_id)
    turn = _under_way(ask, BACKGROUND_WINDOW, newest)
    return Fold("automation", turn.turn_id if turn else None, waits=True)


def _of_agent(ask: Ask, seen: Seen) -> Fold:
    """What an agent made of an ask: of the turn under way, and of none where that is not known."""
    turn = _under_way(ask, TURN_WINDOW, seen.continued, seen.asked, seen.sent, seen.newest)
    return Fold("continuation", turn.turn_id if turn else None)


def _of_loop(ask: Ask, seen: Seen) -> Fold:
    """A tool's results: of the turn whose ask stands before them."""
    if seen.newest and _shown_again(ask, seen):
        return Fold("continuation", seen.newest.turn_id)
    if turn := seen.asked or seen.continued:
        return Fold("continuation", turn.turn_id)
    if turn := _under_way(ask, TURN_WINDOW, seen.sent):
        return Fold("continuation", turn.turn_id)
    newest = _under_way(ask, TURN_WINDOW, seen.newest)
    if newest and (not ask.request.text or ask.place.repeats(newest) or _cut(ask, newest)):
        return Fold("continuation", newest.turn_id)
    # The loop began before Assay saw it: its ask is in the history, and counts once.
    return Fold("continuation", opens=bool(ask.request.text))


def _of_person(ask: Ask, seen: Seen) -> Fold:
    """Words at the end: a new ask, unless they were asked before at this very place."""
    if seen.sent and ask.place.repeats(seen.sent) and _under_way(ask, TURN_WINDOW, seen.sent):
        return Fold("retry", seen.sent.turn_id)
    if seen.newest and _shown_again(ask, seen):
        return Fold("continuation", seen.newest.turn_id)
    if seen.asked and _again(ask, seen.asked, seen):
        return Fold("retry", seen.asked.turn_id)
    return Fold("prompt", opens=True, said=ask.place.behind(seen.newest) if seen.newest else None)


def _again(ask: Ask, asked: TurnSeen, seen: Seen) -> bool:
    """Say whether the same words at the same place are the same ask."""
    since = _since(asked.at, ask.at)
    failed = not asked.answered and not asked.open
    if since <= RETRY_WINDOW and (ask.retried or failed):
        return True  # the first try failed, or the client's patience ended
    if _told_apart(ask, asked, seen):
        return False
    if since <= RETRY_WINDOW and asked.open:
        return True  # it still runs: a retry, or the same ask to several models
    # Answered, and asked again at the same place of a conversation: "regenerate". At a conversation's beginning,
    # without any id, it is a new conversation with the same words: a turn, which novelty will weigh.
    known_place = bool(ask.place.number or ask.place.session)
    return known_place and since <= (RETRY_WINDOW if _went_on(asked, seen.newest) else TURN_WINDOW)


def _told_apart(ask: Ask, asked: TurnSeen, seen: Seen) -> bool:
    """Say whether the place tells nothing, as the assistant keeps the history, and the client's own ids differ."""
    if ask.place.number:
        return False
    other_id = ask.place.sent is not None and _other(asked, seen.sent)
    return other_id or ask.request.continues is not None


def _other(turn: TurnSeen, sent: TurnSeen | None) -> bool:
    return sent is None or sent.turn_id != turn.turn_id


def _went_on(asked: TurnSeen, newest: TurnSeen | None) -> bool:
    """Say whether the conversation went on behind that ask: then the history may have been replaced by a summary."""
    return (
        newest is not None
        and newest.conversation == asked.conversation
        and None not in (newest.place, asked.place)
        and (newest.place or 0) > (asked.place or 0)
    )


def _shown_again(ask: Ask, seen: Seen) -> bool:
    """Say whether the ask under way stands at an earlier place, since what came before it was replaced by a summary.

    Where the ask before has the same words, they were typed twice.
    """
    newest, place = seen.newest, ask.place
    return (
        newest is not None
        and place.repeats(newest)
        and place.before.split() != place.text.split()
        and newest.place is not None
        and place.number < newest.place
        and not (place.sent and _other(newest, seen.sent))
        and _under_way(ask, RETRY_WINDOW, newest) is not None
    )


def _cut(ask: Ask, newest: TurnSeen) -> bool:
    """Say whether the conversation is shorter than the newest turn knew it."""
    same = newest.conversation == ask.place.conversation
    return same and newest.place is not None and ask.place.number <= newest.place


def _under_way(ask: Ask, window: timedelta, *turns: TurnSeen | None) -> TurnSeen | None:
    """Give the first of the turns that was called within a window."""
    return next((turn for turn in turns if turn and _since(turn.called_at, ask.at) <= window), None)


def _since(earlier: str, later: str) -> timedelta:
    """Give the time between two clocks' readings, whichever is ahead."""
    return abs(datetime.fromisoformat(later) - datetime.fromisoformat(earlier))
