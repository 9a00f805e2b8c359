"""OpenAI's Responses over a WebSocket: messages ask in the body of HTTP, without what the assistant remembers.

Sources: openai 3.54.0, `types/responses/responses_client_event.py` (`stream_id`: asks of one lane are answered in
their order, and each answer's events name the lane) and `response_steer_*.py`; `response.append` and `response.done`
from older gateways of Codex.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.exchange import Asked, ExchangeEvent, SocketMessage
from proxy.sockets.asks import AUTOMATION, Ask, Fields, name, whole_body
from proxy.sockets.memory import Memory, kept

ASKS = frozenset({"response.create", "response.append", "response.steer"})
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.done", "error"})
FAILS = frozenset({"response.failed", "error"})  # of those: nothing can refer to it
# What was typed in mid-run is not taken up, or only with a later ask.
NOT_STEERED = frozenset({"response.steer.failed", "response.steer.pending"})
MAX_UNDER_WAY = 64  # asks of one socket; past it the oldest are given up
MAX_PRODUCED = 1000  # items of one answer that are remembered
_ASKING = tuple(b'"%s"' % kind.encode() for kind in sorted(ASKS))


@dataclass(slots=True, eq=False)
class _Under(Ask):
    """An ask under way."""

    lane: str | None = None
    steers: str | None = None  # the response that it was typed into
    produced: int = 0  # items of its answer that were remembered


class Responses:
    """One socket."""

    def __init__(self, upgrade: Asked) -> None:
        self._upgrade = upgrade
        self._under_way: deque[_Under] = deque()  # as they were asked
        self._memory = Memory()

    @property
    def remembered_chars(self) -> int:
        return self._memory.chars

    def forget(self) -> None:
        self._memory.forget()

    def skips(self, message: SocketMessage) -> bool:
        return not message.from_client and not self._under_way

    def from_client(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        if fields is None:
            if any(kind in message.data for kind in _ASKING):  # too long, or no JSON: a call that cannot be read
                yield from self._ask(message, _Under(message.exchange), None)
            return
        kind = name(fields.get("type"))
        if kind not in ASKS:
            return
        before = name(fields.get("previous_response_id"))
        if before is None and kind == "response.append":
            before = self._memory.newest
        steers = before if kind == "response.steer" else None
        lane = self._lane_of(steers) if steers else name(fields.get("stream_id"))
        remembered = self._so_far(steers) if steers else self._memory.recall(before)
        ask = _Under(message.exchange, [*remembered, *kept(fields.get("input"))], lane=lane, steers=steers)
        if fields.get("generate") is False:  # the assistant shall get ready
            fields[AUTOMATION] = "prewarm"
        whole = remembered or AUTOMATION in fields
        body = whole_body(fields, remembered, ("previous_response_id",) if remembered else ()) if whole else None
        yield from self._ask(message, ask, body)

    def _ask(self, message: SocketMessage, ask: _Under, body: bytes | None) -> Iterator[ExchangeEvent]:
        yield ask.asked(self._upgrade, message, body)
        if ask.steers and any(other.steers == ask.steers and not other.began for other in self._under_way):
            yield ask.end(message.at, whole=True)  # one answer comes to all that was typed into a response
            return
        self._under_way.append(ask)
        while len(self._under_way) > MAX_UNDER_WAY:
            yield self._under_way.popleft().end(message.at, whole=False)

    def from_server(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        if not self._under_way:
            return
        if fields is None:
            yield from self._under_way[0].answer(message)  # not worth losing an answer's bytes for
            return
        kind = name(fields.get("type"))
        if kind in NOT_STEERED:
            yield from self._not_steered(message, fields)
            return
        ask = self._answered(kind, fields)
        if ask is None:
            return
        if kind == "response.created":
            ask.response = _response(fields)
        if kind == "response.output_item.done" and ask.produced < MAX_PRODUCED:
            ask.items += kept([fields.get("item")])
            ask.produced += 1
        yield from ask.answer(message, _status(kind, fields))
        if kind in ENDS:
            self._under_way.remove(ask)
            if kind not in FAILS:
                self._remember(ask, fields)
            yield ask.end(message.at, whole=True)

    def close(self, at: float) -> Iterator[ExchangeEvent]:
        while self._under_way:
            yield self._under_way.popleft().end(at, whole=False)

    def _answered(self, kind: str | None, fields: Fields) -> _Under | None:
        """Find the ask that a message of the assistant's belongs to."""
        lane = name(fields.get("stream_id"))
        asks = [ask for ask in self._under_way if ask.lane == lane]
        if (response := _response(fields)) is not None:
            known = next((ask for ask in self._under_way if ask.response == response), None)
            return known or next((ask for ask in asks if ask.response is None), None)
        if kind == "error":  # what was refused has no response
            return next((ask for ask in asks if ask.response is None), asks[0] if asks else None)
        return asks[0] if asks else None

    def _not_steered(self, message: SocketMessage, fields: Fields) -> Iterator[ExchangeEvent]:
        steer = fields.get("steer")
        target = name(steer.get("previous_response_id")) if isinstance(steer, dict) else None
        for ask in [ask for ask in self._under_way if ask.steers and ask.steers == target and not ask.began]:
            self._under_way.remove(ask)
            yield from ask.answer(message)
            yield ask.end(message.at, whole=True)

    def _lane_of(self, response: str) -> str | None:
        return next((ask.lane for ask in self._under_way if ask.response == response), None)

    def _so_far(self, response: str) -> list[Fields]:
        """Give the conversation with what has come of a response, which ends where the human begins to speak."""
        under_way = next((ask.items for ask in self._under_way if ask.response == response), None)
        so_far = self._memory.recall(response) if under_way is None else under_way
        return [*so_far, {"type": "message", "role": "assistant", "content": ""}] if so_far else []

    def _remember(self, ask: _Under, fields: Fields) -> None:
        response = fields.get("response")
        if isinstance(response, dict) and (id_ := name(response.get("id"))) is not None:
            # Some list the items in the end alone.
            own = ask.items if ask.produced else [*ask.items, *kept(response.get("output"))]
            self._memory.keep(id_, own)


def _response(fields: Fields) -> str | None:
    response = fields.get("response")
    return name(response.get("id")) if isinstance(response, dict) else name(fields.get("response_id"))


def _status(kind: str | None, fields: Fields) -> int | None:
    status = fields.get("status")
    return status if kind == "error" and type(status) is int and 400 <= status <= 599 else None
