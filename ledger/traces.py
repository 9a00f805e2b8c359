"""How a later call finds the turn that it belongs to: asks, and traces that clients' own ids leave.

A trace is a keyed digest of an id, scoped to its person. Each one added takes some old ones along, so that there are
never many more than a month's calls leave. Leaves out what is the same turn, which is the proxy's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.address import Place
from ledger.errors import said_of
from ledger.records import utc
from ledger.rows import TEXT, digest_of, number_of
from ledger.sealing import Binding, LostText, Sealing
from ledger.sql import Connection

KEPT = timedelta(days=30)  # as long as OpenAI keeps the answers that a request may continue
WAITED = timedelta(hours=1)  # far longer than any call waits for its turn
FORGOTTEN_AT_A_TIME = 4  # more than any call leaves
LOOKED_AT = 200  # newest turns of the person, of whatever client, and of these
NEIGHBOURS = 16  # newest turns looked at where nothing else shows which one is meant
COMPARED_CHARS = 100  # of a turn's text, and
COMPARED_WITH_CHARS = 20_000  # the end of the text that may hold it: each step of one may cost as much as the other

_SEEN = (
    "SELECT t.id, t.at, t.conversation, t.place, t.ask,"
    " EXISTS (SELECT 1 FROM calls WHERE turn_id = t.id AND complete = 1 AND http_status < 400),"
    " coalesce((SELECT CASE WHEN response_bytes IS NULL THEN 1 ELSE 0 END FROM calls WHERE turn_id = t.id"
    "  ORDER BY id DESC LIMIT 1), 0),"
    " coalesce((SELECT at FROM calls WHERE turn_id = t.id ORDER BY id DESC LIMIT 1), t.at)"
)


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """An earlier turn, as far as folding needs it."""

    turn_id: int
    at: str
    conversation: str
    place: int | None  # None: an older Assay opened it
    ask: str
    answered: bool  # some call of it has a complete answer with a status under 400
    open: bool  # its newest call has not ended
    called_at: str  # when its newest call was made


class Traces:
    """One ledger's, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, sealing: Sealing) -> None:
        self._connection = connection
        self._path = path
        self._sealing = sealing

    def of_ask(self, ask: str) -> TurnSeen | None:
        """Find the newest turn with this ask."""
        return self._seen(_SEEN + " FROM turns AS t WHERE t.ask = ? ORDER BY t.id DESC LIMIT 1", number_of(ask))

    def of(self, trace: str) -> TurnSeen | None:
        """Find the turn that left this trace last."""
        return self._seen(
            _SEEN + " FROM traces JOIN turns AS t ON t.id = traces.turn_id WHERE trace = ?",
            number_of(trace),
        )

    def nearby(self, person: str, client: str | None, since: str, held_in: str | None) -> TurnSeen | None:
        """Find the person's newest turn from `since` on that this client opened.

        `held_in`: its text stands in this one, the longest first, since short words stand in many; a turn whose text
        is deleted, or cannot be opened any more, comes behind those.
        """
        with said_of(self._path):
            near = self._connection.execute(
                f"SELECT id, {TEXT}, at, person, conversation FROM"  # noqa: S608 (SQL of ours)
                " (SELECT * FROM turns WHERE person = ? ORDER BY id DESC LIMIT ?) AS t"
                " WHERE at >= ? AND coalesce(client, '') = coalesce(?, '') ORDER BY at DESC, id DESC LIMIT ?",
                (person, LOOKED_AT, since, client, NEIGHBOURS),
            ).fetchall()
        if held_in is None:
            meant = max((turn_id for turn_id, *_ in near), default=None)
        else:
            meant = _meant([(turn_id, self._opened(*stored)) for turn_id, *stored in near], held_in)
        if meant is None:
            return None
        return self._seen(_SEEN + " FROM turns AS t WHERE t.id = ?", meant)

    def leave(self, trace: str, turn_id: int, at: str) -> None:
        """Let `trace` lead to this turn from now on."""
        with said_of(self._path):
            self._connection.execute(
                "INSERT INTO traces (trace, turn_id) VALUES (?, ?)"
                " ON CONFLICT (trace) DO UPDATE SET turn_id = excluded.turn_id",
                (number_of(trace), turn_id),
            )
            self._connection.execute(
                "DELETE FROM traces WHERE trace IN (SELECT trace FROM traces ORDER BY turn_id LIMIT ?)"
                " AND (SELECT at FROM turns WHERE id = turn_id) < ?",
                (FORGOTTEN_AT_A_TIME, _before(at, KEPT)),
            )

    def wait(self, trace: str, call_id: int, at: str) -> None:
        """Let a call wait for a turn that adopts it."""
        with said_of(self._path):
            self._connection.execute(
                "INSERT INTO waiting (call_id, trace, at) VALUES (?, ?, ?)", (call_id, number_of(trace), at)
            )
            self._connection.execute(
                "DELETE FROM waiting WHERE at < ?"
                " AND call_id IN (SELECT call_id FROM waiting ORDER BY call_id LIMIT ?)",
                (_before(at, WAITED), FORGOTTEN_AT_A_TIME),
            )

    def adopt(self, trace: str, turn_id: int, since: str) -> None:
        """Give the turn the calls that wait from `since` on. Older ones wait no more."""
        with said_of(self._path):
            self._connection.execute(
                "UPDATE calls SET turn_id = ? WHERE id IN (SELECT call_id FROM waiting WHERE trace = ? AND at >= ?)",
                (turn_id, number_of(trace), since),
            )
            self._connection.execute("DELETE FROM waiting WHERE trace = ?", (number_of(trace),))

    def _opened(self, text: str | None, *facts: str) -> str | None:
        try:
            return None if text is None else self._sealing.open(text, Binding(*facts), "text")
        except LostText:
            return None

    def _seen(self, sql: str, *values: object) -> TurnSeen | None:
        with said_of(self._path):
            row = self._connection.execute(sql, values).fetchone()
        if row is None:
            return None
        turn_id, at, conversation, place, ask, answered, still_open, called_at = row
        return TurnSeen(turn_id, at, conversation, place, digest_of(ask), bool(answered), bool(still_open), called_at)


def _meant(near: Sequence[tuple[int, str | None]], held_in: str) -> int | None:
    end = held_in[-COMPARED_WITH_CHARS:]
    held = [
        (-1 if text is None else len(text), turn_id)
        for turn_id, text in near
        if text is None or text[:COMPARED_CHARS] in end
    ]
    return max(held)[1] if held else None


def _before(at: str, span: timedelta) -> str:
    return utc((datetime.fromisoformat(at) - span).timestamp())
