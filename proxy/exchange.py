"""What capture hands to intake: one exchange as it happens, in order, as plain records.

Only what intake needs is carried. Bodies and header values have `repr=False`: they are prompt text and credentials.
Times are Unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


class UnreadableExchange(Exception):  # noqa: N818 - it says what an exchange is, not that we failed
    """Bytes that we cannot read: theirs, not ours. The message names the fault and never quotes the bytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The request has arrived whole (or as far as it ever will)."""

    exchange: int  # unique within the process
    at: float
    method: str
    host: str  # the assistant's host, lower case, without port
    path: str  # without the query
    headers: Mapping[str, str] = field(repr=False)  # lower-case names
    body: bytes = field(repr=False)  # as sent: maybe compressed, maybe cut at the cap
    body_bytes: int  # as sent, also where `body` was cut
    peer: str  # the client's address
    proxy_user: str | None = field(repr=False, default=None)
    certificates: tuple[bytes, ...] = field(repr=False, default=())  # the client's, PEM, its own first; not verified
    opened: float | None = None  # when its WebSocket was opened, with these headers; None: it has none
    cut: bool = False  # `body` is not the whole body


@dataclass(frozen=True, slots=True)
class AnswerBegan:
    exchange: int
    at: float
    status: int
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerBytes:
    """The next bytes of the answer's body. Several of these in order make the body."""

    exchange: int
    at: float  # when the first of these bytes came
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more will come of this exchange."""

    exchange: int
    at: float
    whole: bool  # the answer ended as HTTP says; False: cut, or the client left
    status: int | None = None  # set where the proxy itself answered for an upstream that it could not reach
    body_bytes: int = 0  # all bytes of the answer that were passed on
    missed: bool = False  # some AnswerBytes were not handed over (over the cap)


@dataclass(frozen=True, slots=True)
class SocketOpened:
    """A WebSocket that may ask has been opened: first of its messages, and by no message itself an exchange."""

    exchange: int  # names the socket
    upgrade: Asked = field(repr=False)  # what each exchange on it shares: who asks, where, with which headers


@dataclass(frozen=True, slots=True)
class SocketMessage:
    """One message on a WebSocket, put together from its frames."""

    exchange: int  # the message's own: it names the exchange that the message begins, if it begins one
    socket: int
    at: float
    from_client: bool
    data: bytes = field(repr=False)  # its beginning, where `cut`
    size: int  # bytes as they were before compression, also where `data` was cut
    awaited: bool  # the answer may wait until what this message asks is stored
    cut: bool = False  # `data` is not the whole message
    text: bool = True  # False: it is binary


@dataclass(frozen=True, slots=True)
class SocketClosed:
    exchange: int  # the socket
    at: float


ExchangeEvent = Asked | AnswerBegan | AnswerBytes | Ended
"""What comes of an exchange, however it was carried."""

Event = ExchangeEvent | SocketOpened | SocketMessage | SocketClosed
