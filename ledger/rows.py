"""Turns records into rows and rows into records. A turn's text goes in sealed, and comes out opened."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from ledger.records import Answer, Call, Judgement, Message, PendingTurn, Turn, utc
from ledger.sealing import Binding, LostText, Sealing

# With SEALED it holds the place of the language, so that no row grows when its turn is judged, which splits pages.
UNTIL_JUDGED = "9999-12-31"
SEALED = "sealed"  # in `turns.text`, as long as the text stands in `texts`
# Of `turns AS t`. NULL: it is deleted, or where the turn waits: it is lost. A ledger may hold turns with their text in
# the row, as an older Assay wrote them.
TEXT, CONTEXT = (
    f"CASE t.text WHEN '{SEALED}' THEN (SELECT x.{what} FROM texts AS x WHERE x.turn_id = t.id) ELSE t.{what} END"  # noqa: S608 (names of ours)
    for what in ("text", "context")
)

NUMBER_BYTES = 8
DIGITS = 3  # of a judgement's probabilities: SQLite stores 0.0 in no bytes, and 0.0004 in eight

Row = tuple[object, ...]


def number_of(digest: str) -> int:
    """Write a digest of 16 hex characters as the 64 bits that it is: half the room, and less in an index."""
    try:
        bits = bytes.fromhex(digest)
    except ValueError:
        bits = b""
    if len(bits) != NUMBER_BYTES:  # no digest of ours
        bits = hashlib.blake2b(digest.encode("utf-8", "replace"), digest_size=NUMBER_BYTES).digest()
    return int.from_bytes(bits, signed=True)


def digest_of(number: int) -> str:
    return number.to_bytes(NUMBER_BYTES, signed=True).hex()


def short_number(name: str) -> int:
    """Write a classifier's name in two bytes. Where two have the same number, meanings are compared that differ."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=2).digest(), signed=True)


def turn_row(turn: Turn) -> Row:
    return (
        turn.at,
        turn.person,
        _clean(turn.team),
        turn.identity_source,
        _clean(turn.assistant),
        _clean(turn.client),
        turn.conversation,
        number_of(turn.ask),
        turn.place,
        turn.prompt_chars,
        SEALED,
        UNTIL_JUDGED,
    )


def sealed(turn: Turn, sealing: Sealing) -> tuple[str, str | None]:
    """Give the turn's text and context as `texts` holds them. Raises LedgerError where the keys cannot be read."""
    binding = Binding(turn.at, turn.person, turn.conversation)
    context = _context_json(turn.context)
    return (
        sealing.seal(_cleaned(turn.text), binding, "text"),
        None if context is None else sealing.seal(context, binding, "context"),
    )


def call_row(call: Call, turn_id: int | None) -> Row:
    return (
        turn_id,
        call.at,
        _clean(call.assistant),
        call.dialect,
        _clean(call.model),
        _clean(call.client),
        call.kind,
        call.streamed,
        call.request_bytes,
    )


def answer_row(answer: Answer, call_id: int) -> Row:
    return (
        answer.http_status,
        answer.complete,
        answer.response_bytes,
        _clean(answer.model),
        answer.input_tokens,
        answer.output_tokens,
        _whole(answer.ttft_ms),
        _whole(answer.duration_ms),
        call_id,
    )


def judgement_row(judgement: Judgement) -> Row:
    return (
        judgement.turn_id,
        judgement.classifier,
        judgement.at,
        judgement.level,
        round(judgement.score, DIGITS),
        *(round(probability, DIGITS) for probability in judgement.probabilities),
        judgement.category,
        judgement.work,
        judgement.novelty,
        judgement.attention,
        judgement.duplicate_of,
        json.dumps(judgement.reasons, ensure_ascii=False, separators=(",", ":")),
    )


def pending_turn(
    sealing: Sealing,
    turn_id: int,
    at: str,
    person: str,
    team: str | None,
    conversation: str,
    text: str | None,
    context: str | None,
) -> PendingTurn:
    """Raises LedgerError where the keys cannot be read. What they do not open is lost, and no error."""
    binding = Binding(at, person, conversation)
    lost = PendingTurn(turn_id, at, person, team, conversation, "", lost=True)
    if text is None:
        return lost
    try:
        said = sealing.open(text, binding, "text")
        before = json.loads(sealing.open(context, binding, "context")) if context else []
    except LostText:
        return lost
    return PendingTurn(turn_id, at, person, team, conversation, said, tuple(Message(**message) for message in before))


def expiry(judged_at: str, seconds: float) -> str:
    """Say when a text that is kept that long after its judgement expires."""
    return utc(datetime.fromisoformat(judged_at).timestamp() + seconds)


def _whole(milliseconds: float | None) -> float | None:
    """Round to what takes two or three bytes instead of eight."""
    return None if milliseconds is None else float(round(milliseconds))


def _clean(text: str | None) -> str | None:
    return None if text is None else _cleaned(text)


def _cleaned(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and a database cannot."""
    return text.encode("utf-8", "replace").decode()


def _context_json(context: Sequence[Message]) -> str | None:
    if not context:
        return None
    messages = [{"role": message.role, "text": _clean(message.text)} for message in context]
    return json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
