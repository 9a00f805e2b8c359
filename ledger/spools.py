"""How far the proxies' spools have been entered, and what was lost: written with what they tell of.

A spool's position stands in the ledger that took its calls, in the same transaction. So each is entered exactly once,
whoever is killed in between. Leaves out the spool itself (`proxy/spool.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.address import Place
from ledger.errors import said_of
from ledger.sql import Connection

CallAt = tuple[int, int | None, str]
"""A call that the ledger holds: its id, its turn's id, and its time, by which it is known again in another ledger."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """How far one spool has been entered."""

    position: int = 0  # bytes
    run: str = ""  # whose exchanges these are: numbers of exchanges are a process's own
    under_way: Mapping[int, CallAt] = field(default_factory=dict)  # by exchange: calls entered without their answers


class Spools:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def read(self, spool: str) -> Spooled:
        """Tell how far a spool has been entered into this ledger."""
        with said_of(self._path):
            row = self._connection.execute(
                "SELECT position, run, under_way FROM spools WHERE spool = ?", (spool,)
            ).fetchone()
        if row is None:
            return Spooled()
        calls = {int(exchange): (call, turn, at) for exchange, (call, turn, at) in json.loads(row[2]).items()}
        return Spooled(row[0], row[1], calls)

    def advance(self, spool: str, spooled: Spooled) -> None:
        """Remember it, within the transaction that enters the calls."""
        with said_of(self._path):
            self._connection.execute(
                "INSERT INTO spools (spool, position, run, under_way) VALUES (?, ?, ?, ?) ON CONFLICT (spool) DO UPDATE"
                " SET position = excluded.position, run = excluded.run, under_way = excluded.under_way",
                (spool, spooled.position, spooled.run, json.dumps(spooled.under_way, separators=(",", ":"))),
            )

    def forget(self, spool: str) -> None:
        """Delete the record of a spool that is empty and will never be filled again."""
        with said_of(self._path):
            self._connection.execute("DELETE FROM spools WHERE spool = ?", (spool,))

    def lose(self, at: str, calls: int, why: str) -> None:
        """Record calls that were answered and are nowhere logged."""
        with said_of(self._path):
            self._connection.execute("INSERT INTO lost (at, calls, why) VALUES (?, ?, ?)", (at, calls, why))
