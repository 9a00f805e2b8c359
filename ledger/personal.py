"""One person's own rows, for who must look at them and has said why (`audit.py`). Reads only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.address import Place
from ledger.errors import said_of
from ledger.rows import TEXT
from ledger.sealing import Binding, LostText, Sealing
from ledger.sql import Connection

_TURNS = """
SELECT v.turn_id, v.at, v.week, v.team, v.assistant, v.client, v.category, v.level, v.weight, v.novelty, v.attention,
    (SELECT count(*) FROM calls AS c WHERE c.turn_id = v.turn_id) AS calls,
    (
        SELECT sum(coalesce(c.input_tokens, 0) + coalesce(c.output_tokens, 0)) FROM calls AS c
        WHERE c.turn_id = v.turn_id AND coalesce(c.input_tokens, c.output_tokens) IS NOT NULL
    ) AS tokens,
    v.value,
    (SELECT j.reasons FROM judgements AS j WHERE j.turn_id = v.turn_id ORDER BY j.at DESC, j.classifier DESC LIMIT 1)
FROM turn_values AS v WHERE v.person = ? AND v.at >= ?
"""


@dataclass(frozen=True, slots=True)
class OwnTurn:
    """A turn as `valued_turns` shows it, with its id and the reasons of its judgement."""

    id: int
    at: str
    week: str
    team: str | None
    assistant: str
    client: str | None
    category: str | None  # None: not judged yet, and so are level to attention, and value
    level: int | None
    weight: float | None
    novelty: float | None
    attention: float | None
    calls: int
    tokens: int | None  # None: no call's usage was reported
    value: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one turn's words."""

    text: str | None = field(repr=False)  # None: it is deleted, as once the turn is judged; or its key is


class Personal:
    """Reads over a ledger's connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, sealing: Sealing) -> None:
        self._connection = connection
        self._path = path
        self._sealing = sealing

    def turns(self, pseudonyms: Sequence[str], since: str = "") -> list[OwnTurn]:
        """Give the turns of a person, who has a pseudonym a period, from a time or date on, oldest first."""
        with said_of(self._path):
            rows = [row for one in pseudonyms for row in self._connection.execute(_TURNS, (one, since))]
        turns = [OwnTurn(*(*row[:-1], tuple(json.loads(row[-1] or "[]")))) for row in rows]
        return sorted(turns, key=lambda turn: (turn.at, turn.id))

    def owns(self, turn_id: int, pseudonyms: Sequence[str]) -> bool:
        """Tell whether a turn is this person's."""
        with said_of(self._path):
            row = self._connection.execute("SELECT person FROM turns WHERE id = ?", (turn_id,)).fetchone()
        return row is not None and row[0] in pseudonyms

    def kept(self, turn_id: int) -> Kept | None:
        """Give what is kept of a turn's words. None: there is no such turn."""
        with said_of(self._path):
            row = self._connection.execute(
                f"SELECT {TEXT}, at, person, conversation FROM turns AS t WHERE id = ?",  # noqa: S608 (SQL of ours)
                (turn_id,),
            ).fetchone()
        if row is None:
            return None
        text, *facts = row
        try:
            return Kept(None if text is None else self._sealing.open(text, Binding(*facts), "text"))
        except LostText:
            return Kept(None)
