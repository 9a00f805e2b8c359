"""OpenAI's Realtime: a conversation that is built item by item, typed or spoken, and answers that are asked for apart.

Each answer becomes an exchange whose body holds the whole conversation, in the words of the dialect `openai-realtime`:
`model`, `session`, `automation`, and `input` as of Responses. What was spoken is its transcript, where the session has
one made; an ask waits for that, as the assistant writes it beside its answer.
Sources: openai 2.54.0, `types/realtime`, and `types/beta/realtime` for the names of before.
"""

import json
import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from proxy.exchange import Asked, ExchangeEvent, SocketMessage
from proxy.sockets.asks import AUTOMATION, Ask, Fields, name
from proxy.sockets.memory import bounded, chars, kept

# Sound in base64, ten thousands of bytes a second each way; nothing of it is read.
_SOUND = re.compile(rb'"type"\s*:\s*"(?:input_audio_buffer\.append|response\.(?:output_)?audio\.delta)"')
_SOUND_WITHIN = 256
MAX_UNDER_WAY = 64
MAX_UNHEARD = 64  # spoken items whose transcripts are still to come


@dataclass(slots=True, eq=False)
class _Under(Ask):
    """An ask under way, or one that waits for its transcript. `items` is what it sends."""

    event: str | None = None  # the client's id of its message
    unheard: set[str] = field(default_factory=set)  # spoken items whose transcripts it waits for
    message: SocketMessage | None = field(default=None, repr=False)  # the one that began it, until it is told
    held: list[ExchangeEvent] = field(default_factory=list)
    ended: bool = False
    aside: bool = False  # the application asks, beside the conversation


class Realtime:
    """One socket."""

    def __init__(self, upgrade: Asked) -> None:
        self._upgrade = upgrade
        self._session: str | None = None
        self._model: str | None = None
        self._transcribes = False
        self._items: list[Fields] = []
        self._unheard: OrderedDict[str, Fields] = OrderedDict()
        self._under_way: deque[_Under] = deque()  # as they were asked

    @property
    def remembered_chars(self) -> int:
        return chars(self._items)

    def forget(self) -> None:
        self._items = []

    def skips(self, message: SocketMessage) -> bool:
        return _SOUND.search(message.data, 0, _SOUND_WITHIN) is not None

    def from_client(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        match fields and name(fields.get("type")):
            case None if message.cut and b'"conversation.item.create"' in message.data:
                self._add(_said("user", [{"type": "input_image"}]))  # too long to be read: a picture, or sound
            case "conversation.item.create" if fields and isinstance(fields.get("item"), dict):
                self._add(_heard(fields["item"]))
            case "response.create" if fields:
                ask = _Under(message.exchange, event=name(fields.get("event_id")), message=message)
                own = fields.get("response")
                given = own.get("input") if isinstance(own, dict) else None
                if isinstance(own, dict) and isinstance(given, list):
                    ask.items = bounded([_heard(item) for item in given if isinstance(item, dict)])
                    ask.aside = own.get("conversation") == "none"
                else:
                    ask.items = list(self._items)
                yield from self._ask(ask, message.at)

    def from_server(self, message: SocketMessage, fields: Fields | None) -> Iterator[ExchangeEvent]:
        kind = name(fields.get("type")) if fields else None
        if fields is None or kind is None:
            self._count(message)
            return
        match kind:
            case "session.created" | "session.updated":
                self._set_up(fields.get("session"))
            case "input_audio_buffer.committed":
                self._speak(name(fields.get("item_id")))
            case "conversation.item.input_audio_transcription.completed":
                yield from self._transcribe(name(fields.get("item_id")), name(fields.get("transcript")))
            case "conversation.item.input_audio_transcription.failed":
                yield from self._transcribe(name(fields.get("item_id")), None)
            case "response.created" | "response.done" | "error":
                yield from self._answer(message, kind, fields)
            case _:
                self._count(message)

    def close(self, at: float) -> Iterator[ExchangeEvent]:
        for ask in self._under_way:
            ask.unheard.clear()
            if not ask.ended:
                ask.held.append(ask.end(at, whole=False))
        self._under_way, told = deque(), self._under_way
        for ask in told:
            yield from self._tell(ask)

    # Asks.

    def _ask(self, ask: _Under, at: float) -> Iterator[ExchangeEvent]:
        ask.unheard = {id_ for id_, item in self._unheard.items() if any(item is sent for sent in ask.items)}
        self._under_way.append(ask)
        yield from self._tell(ask)
        if len(self._under_way) > MAX_UNDER_WAY:
            oldest = self._under_way.popleft()
            oldest.unheard.clear()
            if not oldest.ended:
                oldest.held.append(oldest.end(at, whole=False))
            yield from self._tell(oldest)

    def _tell(self, ask: _Under) -> Iterator[ExchangeEvent]:
        """Give what has come of an ask, unless it waits for a transcript."""
        if ask.unheard:
            return
        if ask.message is not None:
            yield ask.asked(self._upgrade, ask.message, self._body(ask))
            ask.message = None
        held, ask.held = ask.held, []
        yield from held
        if ask.ended and ask in self._under_way:
            self._under_way.remove(ask)

    def _body(self, ask: _Under) -> bytes:
        body = {"model": self._model, "session": self._session, "stream": True, "input": ask.items}
        if not ask.items:
            body[AUTOMATION] = "greeting"  # the assistant shall speak first
        elif ask.aside:
            body[AUTOMATION] = "out-of-band"
        return json.dumps(body).encode()

    def _answer(self, message: SocketMessage, kind: str, fields: Fields) -> Iterator[ExchangeEvent]:
        response = fields.get("response")
        id_ = name(response.get("id")) if isinstance(response, dict) else None
        ask = self._refused(fields) if kind == "error" else self._answered(id_)
        if ask is None and kind == "response.created":  # by the assistant's own ear: the human stopped speaking
            ask = _Under(message.exchange, list(self._items), message=message)
            yield from self._ask(ask, message.at)
        if ask is None:
            return
        ask.response = id_
        ask.held += ask.answer(message)
        if kind != "response.created":
            if isinstance(response, dict):
                for item in kept(response.get("output")):
                    self._add(_heard(item))
            ask.ended = True
            ask.held.append(ask.end(message.at, whole=True))
        yield from self._tell(ask)

    def _answered(self, response: str | None) -> _Under | None:
        asks = [ask for ask in self._under_way if not ask.ended]
        known = next((ask for ask in asks if response and ask.response == response), None)
        return known or next((ask for ask in asks if not ask.began), None)

    def _refused(self, fields: Fields) -> _Under | None:
        """Find the ask that an error refuses. Most errors concern none."""
        error = fields.get("error")
        event = name(error.get("event_id")) if isinstance(error, dict) else None
        asks = [ask for ask in self._under_way if not ask.began]
        return next((ask for ask in asks if event is None or event == ask.event), None)

    def _count(self, message: SocketMessage) -> None:
        ask = next((ask for ask in self._under_way if ask.began and not ask.ended), None)
        if ask is not None:
            ask.answer_bytes += message.size

    # The conversation.

    def _set_up(self, session: object) -> None:
        if not isinstance(session, dict):
            return
        self._session = name(session.get("id")) or self._session
        self._model = name(session.get("model")) or self._model
        sound = session.get("audio")
        heard = sound.get("input") if isinstance(sound, dict) else None
        now = heard.get("transcription") if isinstance(heard, dict) else session.get("input_audio_transcription")
        self._transcribes = now is not None

    def _add(self, item: Fields) -> None:
        self._items = bounded([*self._items, item])

    def _speak(self, id_: str | None) -> None:
        item = _said("user", [{"type": "input_audio"}])
        self._add(item)
        if id_ is not None and self._transcribes:
            self._unheard[id_] = item
            if len(self._unheard) > MAX_UNHEARD:
                self._unheard.popitem(last=False)

    def _transcribe(self, id_: str | None, transcript: str | None) -> Iterator[ExchangeEvent]:
        item = self._unheard.pop(id_ or "", None)
        if item is None:
            return
        if transcript is not None:
            item["content"] = kept([_said("user", [{"type": "input_text", "text": transcript}])])[0]["content"]
        for ask in [ask for ask in self._under_way if id_ in ask.unheard]:
            ask.unheard.discard(id_ or "")
            yield from self._tell(ask)


def _said(role: str, content: list[Fields]) -> Fields:
    return {"type": "message", "role": role, "content": content}


def _heard(item: Fields) -> Fields:
    """Take an item as it is to be remembered, what was spoken as its transcript."""
    small = kept([item])[0]
    if isinstance(small.get("content"), list):
        kind = "output_text" if small.get("role") == "assistant" else "input_text"
        small["content"] = [
            {"type": kind, "text": block["transcript"]} if "transcript" in block else block
            for block in small["content"]
        ]
    return small
