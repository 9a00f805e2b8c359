"""Invents turns, calls, answers and judgements for tests of whatever reads or writes the ledger."""

from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.address import Place
from ledger.records import Answer, Call, Judgement, Turn
from ledger.rows import TEXT
from ledger.sealing import Binding, Sealing
from ledger.store import Ledger
from tests.ledger.straight import straight

MONDAY = "2026-11-23T09:00:00.000Z"


def turn(text: str = "Draft the plan for the move.", **facts: Any) -> Turn:
    return Turn(
        **{
            "at": MONDAY,
            "person": "0" * 16,
            "team": "Sales",
            "identity_source": "header",
            "assistant": "OpenAI",
            "client": "openai-python/1",
            "conversation": "c" * 16,
            "ask": "a" * 16,
            "prompt_chars": len(text),
            "text": text,
            **facts,
        }
    )


def call(**facts: Any) -> Call:
    return Call(
        **{
            "at": MONDAY,
            "assistant": "OpenAI",
            "dialect": "openai-chat",
            "model": "small",
            "client": "openai-python/1",
            "kind": "prompt",
            "streamed": True,
            "request_bytes": 120,
            **facts,
        }
    )


def answer(**facts: Any) -> Answer:
    return Answer(
        **{
            "http_status": 200,
            "complete": True,
            "response_bytes": 900,
            "model": None,
            "input_tokens": 10,
            "output_tokens": 30,
            "ttft_ms": 40.0,
            "duration_ms": 100.0,
            "unreadable": False,
            **facts,
        }
    )


def judgement(turn_id: int, **facts: Any) -> Judgement:
    return Judgement(
        **{
            "turn_id": turn_id,
            "classifier": "test-1",
            "at": "2026-11-23T09:00:02.000Z",
            "level": 3,
            "score": 2.9,
            "probabilities": (0.0, 0.0, 0.2, 0.7, 0.1),
            "category": "writing",
            "work": True,
            "novelty": 1.0,
            "attention": 1.0,
            "duplicate_of": None,
            "lang": "en",
            "reasons": ("asks for a plan of several parts",),
            **facts,
        }
    )


def entered(ledger: Ledger, text: str = "Draft the plan for the move.", calls: int = 1, **facts: Any) -> int:
    """Enter a turn with its answered calls; give its id."""
    with ledger.transaction():
        turn_id = ledger.open_turn(turn(text, **facts))
        for _ in range(calls):
            ledger.close_call(ledger.open_call(call(at=facts.get("at", MONDAY)), turn_id), answer())
    return turn_id


def judged(
    ledger: Ledger,
    people: int,
    turns: int = 1,
    calls: int = 1,
    verdict: dict[str, Any] | None = None,
    first: int = 0,
    **facts: Any,
) -> list[int]:
    """Enter that many people, from the `first` on, with so many judged turns each, and so many calls a turn."""
    ids = [
        entered(ledger, calls=calls, **{"person": f"{person:016x}", **facts})
        for person in range(first, first + people)
        for _ in range(turns)
    ]
    ledger.judge([judgement(turn_id, **(verdict or {})) for turn_id in ids])
    return ids


def words(db: Place) -> list[str | None]:
    """Give the texts of all turns, opened with the keys beside the ledger, the first turn's first."""
    sealing = Sealing(db)
    with closing(straight(db)) as connection:
        rows = connection.execute(f"SELECT {TEXT}, at, person, conversation FROM turns AS t ORDER BY id").fetchall()
    return [None if text is None else sealing.open(text, Binding(*facts), "text") for text, *facts in rows]


def everything(folder: Path) -> bytes:
    """Read every byte of every file below a folder."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
