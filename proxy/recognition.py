"""Tells which client sent a request, and what that client says of the call.

Nothing here is proof: anybody can write a header. Folding checks it against the structure of the conversation.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from proxy.clients import CLIENTS
from proxy.clients.table import Client, Envelope, Field, Marker, Sign
from proxy.conversation import MAX_NAME_CHARS, Said, fit
from proxy.dialects.table import at
from proxy.exchange import UnreadableExchange
from proxy.framing import read_json
from proxy.reading import Signals
from proxy.sent import Sent, Spoken

MAX_INSIDE_CHARS = 64 << 10  # of JSON in a header or a field; clients write hundreds
UNWORDED = "unworded"  # the marker of a call whose human messages hold nothing but what their client wrote


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whose request it is, and why it was made."""

    client: Client | None  # None: none that we know
    marker: Marker | None  # None: a person's words may be in it
    sent: Sent = field(repr=False)

    @property
    def envelope(self) -> Envelope:
        return self.client.envelope if self.client else Envelope()

    def signals(self, said: Sequence[Said]) -> Signals:
        """Say what the client tells of the call. `said`: the messages without their envelopes."""
        client = self.client
        if client is None:
            return Signals()
        automation = self.marker.name if self.marker else UNWORDED if _unworded(self.sent.messages, said) else None
        return Signals(
            client=client.name,
            session=_first(self.sent, client.session),
            turn=_first(self.sent, client.turn),
            by_agent=True if self._any(client.by_agent) else False if self._any(client.by_person) else None,
            automation=automation,
        )

    def _any(self, signs: Iterable[Sign]) -> bool:
        return any(_holds(sign, self.sent) for sign in signs)


def recognise(sent: Sent) -> Recognised:
    """Find the client, by its signs or else by a call that only it makes."""
    client = next((each for each in CLIENTS if any(_holds(sign, sent) for sign in each.signs)), None)
    if client is not None:
        return Recognised(client, _marker((*client.telltale, *client.automation), sent), sent)
    for each in CLIENTS:
        if (marker := _marker(each.telltale, sent)) is not None:
            return Recognised(each, marker, sent)
    return Recognised(None, None, sent)


def _marker(markers: Iterable[Marker], sent: Sent) -> Marker | None:
    return next((marker for marker in markers if all(_holds(sign, sent) for sign in marker.signs)), None)


def _holds(sign: Sign, sent: Sent) -> bool:
    if isinstance(sign.where, Field | tuple):
        fields = (sign.where,) if isinstance(sign.where, Field) else sign.where
        value = next((found for field in fields if (found := _value(field, sent)) is not None), None)
        return value is not None and _reads(sign, value)
    return any(_reads(sign, text) for text in _texts(sign, sent))


def _reads(sign: Sign, text: str) -> bool:
    match sign.how:
        case "begins":
            return text.lstrip().startswith(sign.text)
        case "ends":
            return text.rstrip().endswith(sign.text)
        case "is":
            return text.strip() == sign.text
        case "holds":
            return sign.text in text


def _texts(sign: Sign, sent: Sent) -> Iterable[str]:
    match sign.where:
        case "system":
            return _system(sent)
        case "human":
            return (text for message in _tail(sent.messages) if message.speaker == "human" for text in message.texts)
        case "last":
            return _last(sent.messages)
        case "only":
            spoken = [message for message in sent.messages if message.speaker != "system"]
            return spoken[0].texts if len(spoken) == 1 and spoken[0].speaker == "human" else ()
        case _:
            return ()


def _system(sent: Sent) -> Iterator[str]:
    """Give the texts of the system prompt, also where it is written as the first messages."""
    yield from sent.system
    for message in sent.messages:
        if message.speaker != "system":
            return
        yield from message.texts


def _tail(messages: Sequence[Spoken]) -> Sequence[Spoken]:
    begin = next((i + 1 for i in reversed(range(len(messages))) if messages[i].speaker == "assistant"), 0)
    return messages[begin:]


def _last(messages: Sequence[Spoken]) -> Sequence[str]:
    for message in reversed(_tail(messages)):
        if message.speaker == "human" and message.texts:
            return message.texts[-1:]
    return ()


def _unworded(messages: Sequence[Spoken], said: Sequence[Said]) -> bool:
    """Say whether somebody spoke in the tail in a human's name, and no human and no tool did."""
    tail = _tail(messages)
    of_humans = any(message.speaker == "human" and message.texts for message in tail)
    return of_humans and all(each.speaker in (None, "system") for each in said[len(said) - len(tail) :])


def _first(sent: Sent, fields: Iterable[Field]) -> str | None:
    for each in fields:
        value = _value(each, sent)
        if value is not None and len(value) <= MAX_NAME_CHARS:
            return fit(value, MAX_NAME_CHARS)
    return None


def _value(where: Field, sent: Sent) -> str | None:
    """Give what stands in a field, without space around it; None: nothing does."""
    value: object = sent.headers.get(where.header) if where.header else at(sent.fields, where.path)
    if where.inside:
        value = at(_inside(value), where.inside)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 64 else None
    return value.strip() or None if isinstance(value, str) else None


def _inside(value: object) -> object:
    if not isinstance(value, str) or len(value) > MAX_INSIDE_CHARS:
        return None
    try:
        return read_json(value.encode("utf-8", "replace"))
    except UnreadableExchange:
        return None
