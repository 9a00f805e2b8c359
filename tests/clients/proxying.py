"""Runs `assay proxy` before a stand-in, and reads what its ledger holds of a session."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.assay.running import running
from tests.ledger.facts import words

PATIENCE = 10  # seconds until a ledger that waits for calls is as it will be


@dataclass(frozen=True, slots=True)
class Call:
    kind: str
    turn_id: int | None
    client: str | None
    dialect: str
    complete: bool | None
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    id: int
    text: str = field(repr=False)
    calls: tuple[Call, ...]

    @property
    def tokens(self) -> tuple[int, int]:
        """Sum what its calls reported: into the model, and out of it."""
        return tokens(self.calls)


@dataclass(frozen=True, slots=True)
class Proxied:
    """A proxy that runs, and its ledger."""

    url: str
    ledger: Path

    def turns(self) -> list[Turn]:
        """Give all turns, the first asked first."""
        calls = self.calls()
        with closing(sqlite3.connect(self.ledger)) as ledger:
            ids = [turn_id for (turn_id,) in ledger.execute("SELECT id FROM turns ORDER BY id")]
        return [
            Turn(turn_id, text or "", tuple(call for call in calls if call.turn_id == turn_id))
            for turn_id, text in zip(ids, words(self.ledger), strict=True)
        ]

    def calls(self) -> list[Call]:
        """Give all calls, the first begun first."""
        with closing(sqlite3.connect(self.ledger)) as ledger:
            rows = ledger.execute(
                "SELECT kind, turn_id, client, dialect, complete, input_tokens, output_tokens FROM calls ORDER BY id"
            )
            return [Call(*row) for row in rows]

    def ended(self, calls: int) -> None:
        """Wait until so many calls are there and each has its answer; go on without them when they do not come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            there = self.calls()
            if len(there) >= calls and all(call.complete is not None for call in there):
                return
            time.sleep(0.02)


def tokens(calls: tuple[Call, ...]) -> tuple[int, int]:
    return sum(call.input_tokens or 0 for call in calls), sum(call.output_tokens or 0 for call in calls)


@contextmanager
def proxying(upstream: str, folder: Path) -> Iterator[Proxied]:
    """Run a proxy in reverse mode on this machine for a block, with a new ledger in `folder`."""
    ledger = folder / "usage.db"
    options = ("--mode", f"reverse:{upstream}", "--listen", "127.0.0.1:0", "--db", ledger)
    with running("proxy", *options, home=folder) as proxy:
        said = proxy.until("the proxy listens on")
        yield Proxied(said.partition("listens on ")[2].partition(",")[0], ledger)
