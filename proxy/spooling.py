"""Writes calls, answers and losses down for the spool, and reads them again. JSON, so that nothing read can run.

What an opening leads to (its place, its turn) is not written down but worked out again: it follows from the rest.
Leaves out the file (`spool.py`).
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ledger.records import Answer, Call, Message
from ledger.spools import CallAt
from proxy.assembly import Asking, Closing, Opening
from proxy.identity import Identity
from proxy.reading import Request, Signals

Ask = Callable[[Call, Request, Identity, bool], Asking]
"""Gives what a call asked: by whom, and whether the client says that it is not its first try."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Calls that were answered and are nowhere logged."""

    calls: int
    why: str
    at: str


@dataclass(frozen=True, slots=True)
class Late:
    """A closing of a call that the ledger took before it refused."""

    closing: Closing
    call: CallAt


Write = Opening | Closing | Late | Lost


class UnreadableRecord(Exception):  # noqa: N818 - it says what the record is
    """A record that is none of ours, or of another Assay. Never quotes it."""


def calls_in(write: Write) -> int:
    return int(isinstance(write, Opening))


def encode(write: Write, run: str) -> bytes:
    """Write a record. `run` names the process whose exchanges it speaks of."""
    match write:
        case Opening():
            said = {"opening": write.exchange, "call": asdict(write.call), "asking": _asked(write.asking)}
        case Closing():
            said = _closed(write)
        case Late():
            said = _closed(write.closing) | {"of": write.call}
        case Lost():
            said = {"lost": asdict(write)}
    return json.dumps({"run": run} | said, separators=(",", ":")).encode()


def decode(content: bytes, ask: Ask) -> tuple[str, Write]:
    """Read a record; give its run too. Raises UnreadableRecord."""
    try:
        said = json.loads(content)
        return said["run"], _read(said, ask)
    except (KeyError, TypeError, ValueError) as fault:
        raise UnreadableRecord(type(fault).__name__) from None


def _asked(asking: Asking | None) -> dict[str, Any] | None:
    if asking is None:
        return None
    turn = asking.turn
    identity = asdict(Identity(turn.person, turn.team, turn.identity_source))
    return {"request": asdict(asking.request), "identity": identity, "retried": asking.retried}


def _closed(closing: Closing) -> dict[str, Any]:
    return {"closing": closing.exchange, "answer": asdict(closing.answer), "at": closing.at, "trace": closing.trace}


def _read(said: dict[str, Any], ask: Ask) -> Write:
    if "lost" in said:
        return Lost(**said["lost"])
    if "closing" in said:
        closing = Closing(said["closing"], Answer(**said["answer"]), said["at"], said["trace"])
        if (of := said.get("of")) is None:
            return closing
        call_id, turn_id, at = of
        return Late(closing, (call_id, turn_id, at))
    call = Call(**said["call"])
    if (asked := said["asking"]) is None:
        return Opening(said["opening"], call)
    fields = asked["request"]
    request = Request(
        **fields
        | {
            "history": tuple(Message(**message) for message in fields["history"]),
            "signals": Signals(**fields["signals"]),
        }
    )
    return Opening(said["opening"], call, ask(call, request, Identity(**asked["identity"]), asked["retried"]))
