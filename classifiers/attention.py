"""Weighs whether a person can have minded a turn: the answer before was there to be read, and others were not legion.

From times alone, and slow to judge: a fast person must never be taken for a program, a program may for a person. It
leaves out what was asked, and never touches the level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

from ledger.records import Moment, PendingTurn

LOOKED_BACK = timedelta(hours=1)
MOMENTS = 60  # newest turns looked at

TOKENS_A_SECOND = 100  # nobody skims faster: some 4,500 words a minute
BYTES_A_TOKEN = 8  # at least, of an answer whose tokens are not known: most of a stream's bytes are not text
GLANCE = timedelta(seconds=3)  # however long an answer is, it may be seen to be wrong after that
UNREAD, OFTEN_UNREAD = 0.8, 0.3
OFTEN = 3  # follow-ups within LOOKED_BACK that were sent on an answer unread, this one among them

EVEN_TURNS = 10  # in a row
EVEN_INTERVAL = 300.0  # seconds, at most
EVEN_SPREAD = 0.06  # of the intervals: their standard deviation to their mean. People have 0.3 to 2
NO_WAIT = timedelta(seconds=1)
EVEN = 0.3

AT_ONCE = timedelta(seconds=60)
MINDED = 6  # conversations begun or carried on AT_ONCE that a person may still mind
SUBSTANTIVE = 2  # the level from which on a turn wants minding


@dataclass(frozen=True, slots=True)
class Attention:
    """Whether a turn was minded."""

    factor: float = 1.0  # 0 = no person can have, 1 = nothing speaks against it
    reason: str | None = None  # for people; None: nothing to say


def attention(turn: PendingTurn, level: int, before: Sequence[Moment]) -> Attention:
    """Weigh one turn against when the person's earlier turns were asked and answered, oldest first."""
    at = moment(turn.at)
    found = [unread(turn, at, before), even(at, before), driven(at, before), parallel(turn, at, level, before)]
    return min(found, key=lambda one: one.factor)


def unread(turn: PendingTurn, at: datetime, before: Sequence[Moment]) -> Attention:
    """Look for a follow-up that came before the answer could have been read."""
    asked = [(one.conversation, moment(one.at)) for one in before] + [(turn.conversation, at)]
    if not turn.context or not skipped(before, turn.conversation, at):
        return Attention()
    times = 1 + sum(
        skipped(before[:place], conversation, then) for place, (conversation, then) in enumerate(asked[:-1])
    )
    if times >= OFTEN:
        return Attention(OFTEN_UNREAD, f"sent before the answer could have been read, {times} times within an hour")
    return Attention(UNREAD, "sent before the answer could have been read")


def skipped(before: Sequence[Moment], conversation: str, at: datetime) -> bool:
    """Tell whether the conversation's last answer, whole and there, was given less than the time to skim it."""
    last = next((one for one in reversed(before) if one.conversation == conversation), None)
    end = ended(last) if last else None
    if last is None or end is None or at < end:
        return False  # at < end: stopped, or typed on while it went on, as people do
    seen = end
    if last.streamed and last.duration_ms is not None and last.ttft_ms is not None:  # read as it comes
        seen = end - timedelta(milliseconds=last.duration_ms - last.ttft_ms)
    tokens = last.output_tokens if last.output_tokens is not None else (last.response_bytes or 0) / BYTES_A_TOKEN
    return at - seen < min(GLANCE, timedelta(seconds=tokens / TOKENS_A_SECOND))


def ended(one: Moment) -> datetime | None:
    """Say when a turn's answer had arrived, whole and without an error. None: it had not."""
    if not one.answered or one.called_at is None or one.duration_ms is None:
        return None
    return moment(one.called_at) + timedelta(milliseconds=one.duration_ms)


def even(at: datetime, before: Sequence[Moment]) -> Attention:
    """Look for turns that come like a clock's."""
    times = [moment(one.at) for one in before[-EVEN_TURNS + 1 :]] + [at]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    if len(times) < EVEN_TURNS or min(gaps) <= 0 or max(gaps) > EVEN_INTERVAL:
        return Attention()
    if pstdev(gaps) > EVEN_SPREAD * fmean(gaps):
        return Attention()
    return Attention(
        EVEN, f"one of {len(times)} turns in a row sent every {fmean(gaps):.1f} s, as a program sends them"
    )


def driven(at: datetime, before: Sequence[Moment]) -> Attention:
    """Look for turns that each wait for the answer before them, and not a moment longer."""
    row = before[-EVEN_TURNS + 1 :]
    if len(row) < EVEN_TURNS - 1:
        return Attention()
    starts = [moment(one.at) for one in row[1:]] + [at]
    for one, start in zip(row, starts, strict=True):
        end = ended(one)
        if end is None or not timedelta(0) <= start - end <= NO_WAIT:
            return Attention()
    return Attention(
        EVEN, f"one of {EVEN_TURNS} turns in a row sent at the end of the answer before, as a program does"
    )


def parallel(turn: PendingTurn, at: datetime, level: int, before: Sequence[Moment]) -> Attention:
    """Look for more conversations at once than anybody can mind."""
    if level < SUBSTANTIVE:
        return Attention()
    others = {one.conversation for one in before if timedelta(0) <= at - moment(one.at) <= AT_ONCE}
    count = len(others | {turn.conversation})
    if count <= MINDED:
        return Attention()
    return Attention(
        round(MINDED / count, 2), f"one of {count} conversations within a minute, more than a person can mind"
    )


def moment(at: str) -> datetime:
    """Read one of the ledger's times."""
    return datetime.fromisoformat(at)
