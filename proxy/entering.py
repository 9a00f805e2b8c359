"""Enters a call into the ledger: looks for the turns that it may belong to, folds, and leaves traces for later calls.

Within one transaction of the ledger, so that of two proxies that see the same ask at once one opens the turn.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ledger.records import CallKind, utc
from ledger.spools import CallAt
from ledger.store import Ledger
from ledger.traces import TurnSeen
from proxy.assembly import Asking, Closing, Opening
from proxy.folding import ADOPTION_WINDOW, BACKGROUND_WINDOW, RETRY_WINDOW, Ask, Fold, Seen, fold
from proxy.places import Place


@dataclass(frozen=True, slots=True)
class Entered:
    """A call that the ledger holds."""

    call_id: int
    turn_id: int | None
    at: str  # the call's time, by which it is known again
    new_turn: bool
    kind: CallKind


def enter(ledger: Ledger, opening: Opening) -> Entered:
    """Enter a call, and the turn that it opens."""
    asking = opening.asking
    if asking is None:
        return Entered(ledger.open_call(opening.call, None), None, opening.call.at, False, opening.call.kind)
    continued = _trace(ledger, asking.place.continued)
    place = asking.place.at(continued) if continued else asking.place
    seen = _seen(ledger, asking, place, continued)
    folded = fold(Ask(asking.request, place, asking.turn.at, asking.retried), seen)
    turn_id = _open(ledger, asking, place, folded) if folded.opens else folded.turn_id
    call_id = ledger.open_call(opening.of_kind(folded.kind), turn_id)
    if folded.waits:
        ledger.traces.wait(place.waiting, call_id, asking.turn.at)
        return Entered(call_id, turn_id, opening.call.at, folded.opens, folded.kind)
    if turn_id is not None and asking.request.signals.by_agent:
        _adopt(ledger, place, turn_id, asking.turn.at)
    if turn_id is not None and place.sent and (seen.sent is None or seen.sent.turn_id != turn_id):
        ledger.traces.leave(place.sent, turn_id, asking.turn.at)
    return Entered(call_id, turn_id, opening.call.at, folded.opens, folded.kind)


def close(ledger: Ledger, call: CallAt, closing: Closing) -> None:
    """Add what became of a call, and remember its answer where a request may go on from it.

    Where the ledger was replaced in between it holds no such call, and is left as it is.
    """
    call_id, turn_id, at = call
    if ledger.close_call(call_id, closing.answer, at) and closing.trace and turn_id is not None:
        ledger.traces.leave(closing.trace, turn_id, closing.at)


def _seen(ledger: Ledger, asking: Asking, place: Place, continued: TurnSeen | None) -> Seen:
    return Seen(
        asked=ledger.traces.of_ask(place.ask),
        sent=_trace(ledger, place.sent),
        continued=continued,
        newest=_trace(ledger, place.session) if place.session else _nearby(ledger, asking),
    )


def _trace(ledger: Ledger, trace: str | None) -> TurnSeen | None:
    return ledger.traces.of(trace) if trace else None


def _nearby(ledger: Ledger, asking: Asking) -> TurnSeen | None:
    """Find the turn that a call without a session serves. What a person typed serves none."""
    turn, signals = asking.turn, asking.request.signals
    if signals.automation:
        return ledger.traces.nearby(turn.person, turn.client, _before(turn.at, BACKGROUND_WINDOW), turn.text)
    if signals.by_agent:
        return ledger.traces.nearby(turn.person, turn.client, _before(turn.at, RETRY_WINDOW), None)
    return None


def _open(ledger: Ledger, asking: Asking, place: Place, folded: Fold) -> int:
    said = asking.turn.text if folded.said is None else folded.said
    turn = replace(
        asking.turn,
        conversation=place.conversation,
        ask=place.ask,
        place=place.number,
        text=said,
        prompt_chars=len(said),
    )
    turn_id = ledger.open_turn(turn)
    _adopt(ledger, place, turn_id, turn.at)
    if place.session:
        ledger.traces.leave(place.session, turn_id, turn.at)
    return turn_id


def _adopt(ledger: Ledger, place: Place, turn_id: int, at: str) -> None:
    """Give the turn what its client did just before for itself: it chose a model, or a title."""
    ledger.traces.adopt(place.waiting, turn_id, _before(at, ADOPTION_WINDOW))


def _before(at: str, window: timedelta) -> str:
    return utc((datetime.fromisoformat(at) - window).timestamp())
