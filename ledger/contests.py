"""Contests: what people say of judgements of their own turns, and how often judgements are contested.

A person contests their own turns alone, and what they say goes when the turn goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.address import Place
from ledger.errors import said_of
from ledger.sealing import Binding, LostText, Sealing
from ledger.sql import Connection, writing

MAX_REASON_CHARS = 2000
MAX_WORDS_CHARS = 20_000

_JUDGED = """
SELECT j.turn_id, j.classifier, j.level FROM judgements AS j WHERE j.turn_id = ?
ORDER BY j.at DESC, j.classifier DESC LIMIT 1
"""
_LABELS = """
SELECT c.turn_id, c.words, c.level, t.at, t.person, t.conversation, t.lang, j.category, j.work
FROM contests AS c JOIN turns AS t ON t.id = c.turn_id
JOIN judgements AS j ON j.turn_id = c.turn_id AND j.classifier = c.classifier
WHERE c.words IS NOT NULL AND c.level IS NOT NULL ORDER BY c.turn_id
"""
_COUNTED = """
SELECT j.classifier, j.level, count(*), count(DISTINCT t.person), count(c.turn_id), avg(c.level)
FROM judgements AS j JOIN turns AS t ON t.id = j.turn_id
LEFT JOIN contests AS c ON c.turn_id = j.turn_id AND c.classifier = j.classifier
WHERE NOT EXISTS (
    SELECT 1 FROM judgements AS n
    WHERE n.turn_id = j.turn_id AND n.classifier <> j.classifier AND (n.at, n.classifier) > (j.at, j.classifier)
)
GROUP BY j.classifier, j.level ORDER BY j.classifier, j.level
"""


@dataclass(frozen=True, slots=True)
class Contest:
    """What a person says of the judgement of their turn."""

    turn_id: int
    at: str
    classifier: str  # whose judgement is contested
    reason: str = field(repr=False)
    level: int | None  # what they say it should be; None: not said


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says a prompt should be judged as, with the words that they gave for it."""

    turn_id: int
    words: str = field(repr=False)
    level: int
    lang: str | None
    category: str  # as judged
    work: bool  # as judged; True where it was not


@dataclass(frozen=True, slots=True)
class Contested:
    """How often one classifier's judgements of one level are contested. Turns count by their newest judgement."""

    classifier: str
    level: int
    judged: int
    people: int  # whose turns these are
    contested: int
    wanted: float | None  # mean of the levels that were said instead; None: none was


class Contests:
    """Over a ledger's connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, sealing: Sealing) -> None:
        self._connection = connection
        self._path = path
        self._sealing = sealing

    def enter(
        self,
        turn_id: int,
        pseudonyms: Sequence[str],
        at: str,
        reason: str,
        level: int | None = None,
        words: str = "",
    ) -> bool:
        """Contest the newest judgement of a turn, in place of an earlier contest of it. `words` are the prompt's, where
        the person gives them for the judge to learn from. False: it is no judged turn of this person, who has these
        pseudonyms.
        """
        with said_of(self._path), writing(self._connection):
            owner = self._connection.execute(
                "SELECT person, at, conversation FROM turns WHERE id = ?", (turn_id,)
            ).fetchone()
            judged = self._connection.execute(_JUDGED, (turn_id,)).fetchone()
            if owner is None or owner[0] not in pseudonyms or judged is None:
                return False
            self._connection.execute("DELETE FROM contests WHERE turn_id = ?", (turn_id,))
            self._connection.execute(
                "INSERT INTO contests (turn_id, at, reason, classifier, level, words) VALUES (?, ?, ?, ?, ?, ?)",
                (turn_id, at, reason[:MAX_REASON_CHARS], judged[1], level, self._sealed(words, owner)),
            )
        return True

    def withdraw(self, turn_id: int, pseudonyms: Sequence[str]) -> bool:
        """Take a contest back. False: this person has none of this turn."""
        with said_of(self._path), writing(self._connection):
            owner = self._connection.execute("SELECT person FROM turns WHERE id = ?", (turn_id,)).fetchone()
            if owner is None or owner[0] not in pseudonyms:
                return False
            return self._connection.execute("DELETE FROM contests WHERE turn_id = ?", (turn_id,)).rowcount > 0

    def of(self, pseudonyms: Sequence[str]) -> dict[int, Contest]:
        """Give a person's contests by turn."""
        with said_of(self._path):
            rows = [
                row
                for one in pseudonyms
                for row in self._connection.execute(
                    "SELECT c.turn_id, c.at, c.classifier, c.reason, c.level FROM contests AS c"
                    " JOIN turns AS t ON t.id = c.turn_id WHERE t.person = ?",
                    (one,),
                )
            ]
        return {row[0]: Contest(row[0], row[1], row[2] or "", row[3], row[4]) for row in rows}

    def labels(self) -> list[Label]:
        """Give what people say with a level and their words, oldest first. What cannot be opened is left out."""
        with said_of(self._path):
            rows = self._connection.execute(_LABELS).fetchall()
        found = []
        for turn_id, words, level, at, person, conversation, lang, category, work in rows:
            try:
                said = self._sealing.open(words, Binding(at, person, conversation), "words")
            except LostText:
                continue
            found.append(Label(turn_id, said, level, lang, category, work != 0))
        return found

    def _sealed(self, words: str, owner: tuple[str, str, str]) -> str | None:
        person, at, conversation = owner
        words = words.strip()[:MAX_WORDS_CHARS].encode("utf-8", "replace").decode()
        return self._sealing.seal(words, Binding(at, person, conversation), "words") if words else None

    def counted(self, min_group: int) -> list[Contested]:
        """Count contests by classifier and level, where the turns are of `min_group` people or more."""
        with said_of(self._path):
            rows = self._connection.execute(_COUNTED).fetchall()
        return [counted for counted in (Contested(*row) for row in rows) if counted.people >= min_group]
