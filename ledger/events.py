"""Events: dates that figures are read by, as when a target was announced. Entered by people, drawn on charts."""

from dataclasses import dataclass

from ledger.address import Place
from ledger.errors import said_of
from ledger.sql import Connection, writing

MAX_WHAT_CHARS = 120


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    day: str  # a date, as 2026-11-25
    team: str | None  # None: it is the whole company's
    what: str


class Events:
    """Over a ledger's connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def enter(self, day: str, what: str, team: str | None = None) -> int:
        """Enter an event; give its id."""
        with said_of(self._path), writing(self._connection):
            row = self._connection.execute(
                "INSERT INTO events (day, team, what) VALUES (?, ?, ?) RETURNING id",
                (day, team, what[:MAX_WHAT_CHARS]),
            ).fetchone()
        return int(row[0])

    def remove(self, event_id: int) -> bool:
        """Remove an event. False: there is none with this id."""
        with said_of(self._path), writing(self._connection):
            return self._connection.execute("DELETE FROM events WHERE id = ?", (event_id,)).rowcount > 0

    def all(self, team: str | None = None) -> list[Event]:
        """Give the company's events and, where a team is named, that team's, oldest first. None: everybody's."""
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT id, day, team, what FROM events ORDER BY day, id"
                if team is None
                else "SELECT id, day, team, what FROM events WHERE team IS NULL OR team = ? ORDER BY day, id",
                () if team is None else (team,),
            ).fetchall()
        return [Event(*row) for row in rows]
