"""A reader's own turns, and what they say of judgements: the one way from the console to rows of a person.

It takes a name that the gate has established, and reads and writes what stands under that name's pseudonyms alone.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from ledger.address import Place
from ledger.contests import Contest
from ledger.personal import OwnTurn
from ledger.records import utc
from ledger.store import Ledger
from ledger.usage import Explained, ReadLedger

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Mine:
    """A person's turns, newest first, and their contests by turn."""

    turns: Sequence[OwnTurn]
    contests: dict[int, Contest]


@dataclass(frozen=True, slots=True)
class Own:
    """Every method may raise LedgerError. `pseudonyms` gives those of a name, of the periods whose keys are kept."""

    ledger: Place
    pseudonyms: Callable[[str], Sequence[str]]

    async def mine(self, name: str) -> Mine:
        """Give all of a person's turns that are kept."""

        def read(ledger: ReadLedger, known: Sequence[str]) -> Mine:
            return Mine(ledger.personal.turns(known)[::-1], ledger.contests.of(known))

        return await asyncio.to_thread(self._read, name, read)

    async def explained(self, name: str, turn_id: int) -> tuple[Explained, Contest | None] | None:
        """Tell why a turn of theirs got its value. None: they have none with this id."""

        def read(ledger: ReadLedger, known: Sequence[str]) -> tuple[Explained, Contest | None] | None:
            if not ledger.personal.owns(turn_id, known) or (turn := ledger.explained(turn_id)) is None:
                return None
            return turn, ledger.contests.of(known).get(turn_id)

        return await asyncio.to_thread(self._read, name, read)

    async def contest(self, name: str, turn_id: int, reason: str, level: int | None, words: str) -> bool:
        """Contest the judgement of a turn of theirs. False: they have no judged turn with this id."""

        def write(ledger: Ledger, known: Sequence[str]) -> bool:
            return ledger.contests.enter(turn_id, known, utc(time.time()), reason, level, words)

        return await asyncio.to_thread(self._write, name, write)

    async def withdraw(self, name: str, turn_id: int) -> bool:
        """Take a contest back. False: they have none of this turn."""
        return await asyncio.to_thread(
            self._write, name, lambda ledger, known: ledger.contests.withdraw(turn_id, known)
        )

    def _read(self, name: str, read: Callable[[ReadLedger, Sequence[str]], Found]) -> Found:
        with closing(Ledger.read(self.ledger)) as ledger:
            return read(ledger, self.pseudonyms(name))

    def _write(self, name: str, write: Callable[[Ledger, Sequence[str]], Found]) -> Found:
        with closing(Ledger.open(self.ledger)) as ledger:
            return write(ledger, self.pseudonyms(name))
