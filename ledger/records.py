"""The nouns as frozen records, shared by every room. Plain facts: no SQL, no I/O.

Text of prompts has `repr=False`, so that it cannot reach a log line or a traceback.
All times are UTC ISO 8601 strings with milliseconds and a `Z`, as `2026-11-25T12:04:45.123Z`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

CallKind = Literal["prompt", "continuation", "retry", "automation", "completion", "unreadable"]
IdentitySource = Literal["certificate", "proxy_auth", "header", "jwt", "api_key", "body", "address"]  # by trust
Role = Literal["user", "assistant"]

CATEGORIES = (
    "coding",
    "data",
    "writing",
    "editing",
    "question",
    "advice",
    "creative",
    "chat",
    "automation",
    "other",
)
LEVELS = ("noise", "trivial", "routine", "substantive", "deep")


def utc(seconds: float) -> str:
    """Write Unix `seconds` as the ledger writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def monday(day: str) -> str:
    """Give the Monday of the ISO week of a date, or of a time of the ledger. Raises ValueError for another text."""
    its_date = datetime.fromisoformat(day).date()
    return (its_date - timedelta(days=its_date.weekday())).isoformat()


def next_week(week: str) -> str:
    """Give the Monday after one."""
    return (date.fromisoformat(week) + timedelta(days=7)).isoformat()


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message of the conversation: `text` is what the person or the assistant said."""

    role: Role
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange that used the assistant, as far as its request tells."""

    at: str  # when the request had arrived whole
    assistant: str  # whose: a name from the routes, or the host
    dialect: str | None
    model: str | None  # None: not stated
    client: str | None  # the client's name and version, from its User-Agent
    kind: CallKind
    streamed: bool | None
    request_bytes: int  # bytes of the body as sent, before decompression


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call: the facts of its response."""

    http_status: int | None  # None: no answer reached the client
    complete: bool  # the dialect's terminal event was seen, or the whole body, and it is no error
    response_bytes: int
    model: str | None  # as reported by the assistant; None: not reported
    input_tokens: int | None  # None: not reported, which is not 0
    output_tokens: int | None
    ttft_ms: float | None  # from the request whole to the first byte of the answer's body
    duration_ms: float | None  # from the request whole to the end of the answer
    unreadable: bool  # the answer's bytes could not be read; they reached the client all the same


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that one human asked."""

    at: str
    person: str  # keyed pseudonym, never a name
    team: str | None
    identity_source: IdentitySource
    assistant: str
    client: str | None
    conversation: str  # keyed digest
    ask: str  # keyed digests of its place, and of its words: finds the turn that a call belongs to
    prompt_chars: int
    text: str = field(repr=False)
    context: tuple[Message, ...] = field(repr=False, default=())  # the conversation before, oldest first
    place: int | None = None  # how many asks came before it in the conversation; None: not known


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """A turn that waits for its judgement."""

    id: int
    at: str
    person: str
    team: str | None
    conversation: str
    text: str = field(repr=False)
    context: tuple[Message, ...] = field(repr=False, default=())
    lost: bool = False  # the text cannot be read, as its key is gone; then it is ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one named, versioned classifier says of one turn."""

    turn_id: int
    classifier: str  # name and version, for example "minilm-ordinal-1"
    at: str
    level: int  # 0 to 4, the rubric's
    score: float  # expected level, 0.0 to 4.0
    probabilities: tuple[float, float, float, float, float]  # of levels 0 to 4, sum 1
    category: str  # one of CATEGORIES
    work: bool | None  # plausibly serves some employer's work; None: not judged
    novelty: float  # 0 = a repeat, 1 = new
    attention: float  # 0 = no person can have minded it, 1 = nothing speaks against it
    duplicate_of: int | None  # the earlier turn that this one repeats
    lang: str | None  # ISO 639-1 code of the ask; None: not told
    reasons: tuple[str, ...]  # for people; never text of the prompt


@dataclass(frozen=True, slots=True)
class Signature:
    """What a turn's repeats are found by. It cannot be turned back into text."""

    turn_id: int
    classifier: str  # whose encoder gave the meaning
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """An earlier turn with its signature."""

    turn_id: int
    at: str
    person: str
    conversation: str
    comparable: bool  # the same classifier signed it, so that meanings can be compared and not wording alone
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Moment:
    """When an earlier turn was asked and answered, by its newest call."""

    turn_id: int
    at: str
    conversation: str
    answered: bool  # whole, and without an error
    called_at: str | None  # when the newest call's request had arrived; None: no call is known
    streamed: bool
    ttft_ms: float | None
    duration_ms: float | None
    output_tokens: int | None
    response_bytes: int | None


@dataclass(frozen=True, slots=True)
class Weight:
    """The worth of a level from a date on: `weight` between 0 and 1."""

    effective_from: str
    level: int
    weight: float


DEFAULT_WEIGHTS: Mapping[int, float] = {0: 0.0, 1: 0.05, 2: 0.4, 3: 0.8, 4: 1.0}
