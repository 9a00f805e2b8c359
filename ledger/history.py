"""What a turn is weighed against: the signatures and times of earlier turns of its person and its team.

Leaves out what makes a repeat, which is the classifier's to say.
"""

from collections.abc import Sequence

from ledger.address import Place
from ledger.errors import said_of
from ledger.records import Moment, Signature, Signed
from ledger.rows import short_number
from ledger.sql import Connection

FORGOTTEN_AT_A_TIME = 500  # signatures, while other writers wait


class History:
    """Reads over a ledger's connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place) -> None:
        self._connection = connection
        self._path = path

    def own(self, person: str, since: str, before: int, classifier: str, limit: int) -> list[Signed]:
        """Give the person's newest signed turns from `since` on with an id under `before`, oldest first."""
        return self._signed("person", person, since, before, classifier, limit)

    def of_team(self, team: str, since: str, before: int, classifier: str, limit: int) -> list[Signed]:
        """Give the team's newest signed turns, as `own` does."""
        return self._signed("team", team, since, before, classifier, limit)

    def moments(self, person: str, since: str, before: int, limit: int) -> list[Moment]:
        """Give when the person's newest turns were asked and answered, oldest first."""
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT t.id, t.at, t.conversation, CASE WHEN c.complete = 1 AND c.http_status < 400 THEN 1 ELSE 0 END,"
                " c.at, coalesce(c.streamed, 0), c.ttft_ms, c.duration_ms, c.output_tokens, c.response_bytes"
                " FROM (SELECT * FROM turns WHERE person = ? AND id < ? ORDER BY id DESC LIMIT ?) AS t"
                " LEFT JOIN calls AS c ON c.id = (SELECT max(id) FROM calls WHERE turn_id = t.id"
                "  AND kind IN ('prompt', 'continuation', 'retry'))"
                " WHERE t.at >= ? ORDER BY t.at DESC, t.id DESC",
                (person, before, limit, since),
            ).fetchall()
        return [Moment(row[0], row[1], row[2], bool(row[3]), row[4], bool(row[5]), *row[6:]) for row in reversed(rows)]

    def forget(self, before: str) -> int:
        """Delete some signatures of turns before a time; give how many. 0: none is left."""
        with said_of(self._path):
            return self._connection.execute(
                "DELETE FROM signatures WHERE turn_id IN (SELECT id FROM turns WHERE at < ? AND id IN"
                " (SELECT turn_id FROM signatures ORDER BY turn_id LIMIT ?))",
                (before, FORGOTTEN_AT_A_TIME),
            ).rowcount

    def _signed(self, column: str, whose: str, since: str, before: int, classifier: str, limit: int) -> list[Signed]:
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT t.id, t.at, t.person, t.conversation, s.classifier = ?, s.signature"  # noqa: S608 (columns of ours)
                " FROM turns AS t JOIN signatures AS s ON s.turn_id = t.id"
                f" WHERE t.{column} = ? AND t.at >= ? AND t.id < ? ORDER BY t.id DESC LIMIT ?",
                (short_number(classifier), whose, since, before, limit),
            ).fetchall()
        return [Signed(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in reversed(rows)]


def sign(connection: Connection, signatures: Sequence[Signature]) -> None:
    """Store signatures within a transaction. A turn's newest one counts."""
    connection.executemany(
        "INSERT INTO signatures (turn_id, classifier, signature) SELECT ?1, ?2, ?3"
        " WHERE EXISTS (SELECT 1 FROM turns WHERE id = ?1)"
        " ON CONFLICT (turn_id) DO UPDATE SET classifier = excluded.classifier, signature = excluded.signature",
        [(signature.turn_id, short_number(signature.classifier), signature.signature) for signature in signatures],
    )
