"""How many people a group must have to be shown. It goes up, never down."""

from typing import Literal

from ledger.address import Place
from ledger.errors import said_of
from ledger.sql import Connection

Smallest = Literal["min_group", "min_own_team"]


class Policy:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def raise_to(self, name: Smallest, people: int) -> int:
        """Ask for so many people from now on; give how many it takes: more, where more were asked for before."""
        with said_of(self._path):
            self._connection.execute("UPDATE policy SET value = ? WHERE name = ? AND value < ?", (people, name, people))
            (stored,) = self._connection.execute("SELECT max(value) FROM policy WHERE name = ?", (name,)).fetchone()
        return people if stored is None else int(stored)
