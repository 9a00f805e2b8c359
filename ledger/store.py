"""The ledger's writing side: calls and turns as they happen, judgements as they come.

Leaves out what the rows are worth (`views.sql`) and how the schema came to be (`migrations.py`).
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import migrations
from ledger.address import Place
from ledger.audit import Audit
from ledger.contests import Contests
from ledger.destroyed import count_destroyed, note_newest
from ledger.errors import LedgerError, WrongLedger, said_of
from ledger.events import Events
from ledger.forgetting import Forgetting
from ledger.history import History, sign
from ledger.keys import Keys
from ledger.opening import open_to_write, upkeep_of
from ledger.outcomes import Outcomes
from ledger.policy import Policy
from ledger.pruning import Pruning
from ledger.pseudonyms import Key
from ledger.publication import Publication
from ledger.records import Answer, Call, Judgement, PendingTurn, Signature, Turn, monday, next_week
from ledger.rows import CONTEXT, TEXT, Row, answer_row, call_row, expiry, judgement_row, pending_turn, sealed, turn_row
from ledger.sealing import Sealing
from ledger.spools import Spools
from ledger.sql import Connection, Upkeep, writing
from ledger.traces import Traces

if TYPE_CHECKING:
    from ledger.usage import ReadLedger

__all__ = ["Ledger", "LedgerError"]

BUSY_MS = 5000  # how long a write waits for another process's write


class Ledger:
    """One connection that writes. Used by the thread that opened it. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, upkeep: Upkeep, sealing: Sealing) -> None:
        self._connection = connection
        self._path = path
        self._upkeep = upkeep
        self._sealing = sealing
        self._newest: int | None = None  # the last call that the transaction enters
        self.history = History(connection, path)
        self.traces = Traces(connection, path, sealing)
        self.outcomes = Outcomes(connection, path)
        self.contests = Contests(connection, path, sealing)
        self.events = Events(connection, path)
        self.spools = Spools(connection, path)
        self.policy = Policy(connection, path)
        self.publication = Publication(connection, path)
        self.pruning = Pruning(connection, path)
        self.forgetting = Forgetting(connection, path, upkeep)

    @staticmethod
    def open(path: Place, busy_ms: int = BUSY_MS, keys: Keys | None = None) -> "Ledger":
        """Open a ledger for writing, and make it (a file with its folder, for the owner alone) where there is none.

        `busy_ms`: how long a write waits for another process's write. `keys`: what text is sealed with; None for those
        that lie beside a file. Raises WrongLedger for what is no ledger of this program, and LedgerError when it cannot
        be written now or is corrupt.
        """
        with said_of(path):
            connection = open_to_write(path, busy_ms)
            try:
                migrations.migrate(connection, path, time.time())
                count_destroyed(connection, path, time.time())
                return Ledger(connection, path, upkeep_of(connection, path, busy_ms), Sealing(path, keys))
            except BaseException:
                connection.close()
                raise

    @staticmethod
    def read(path: Place, keys: Keys | None = None) -> "ReadLedger":
        """Open a ledger for reading only. Raises LedgerError when there is none, and as `open` does."""
        from ledger.usage import ReadLedger

        return ReadLedger.open(path, keys)

    def hurry(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's write, from now on."""
        self._upkeep.hurry(busy_ms)

    def hold_to(self, key: Key, file: Path) -> None:
        """Let whoever shares this ledger have this key: the first to come says which.

        Raises WrongLedger where it is another one: the same people would have two pseudonyms. `file` is where it lies.
        """
        check = key.digest("ring")
        with self.transaction():
            self._connection.execute("INSERT INTO rings (ring, mark) VALUES (1, ?) ON CONFLICT DO NOTHING", (check,))
            (held,) = self._connection.execute("SELECT mark FROM rings").fetchone()
        if held != check:
            raise WrongLedger(
                f"the keys in {file} are not those of the other hosts of the ledger {self._path}: copy their key file "
                "to here (ledger.key says where it lies)"
            )

    def close(self) -> None:
        """Let go of the file."""
        self._upkeep.let_go()

    def audit(self, secret: bytes, head: Path) -> Audit:
        """Give the table of who did what, over this connection: what `Audit` takes."""
        return Audit(self._connection, self._path, secret, head)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing of it.

        Raises Displaced where the file is no longer in its place, also when that is noticed once it is written: the
        writing is then in a file that nobody finds.
        """
        self._newest = None
        with said_of(self._path):
            with writing(self._connection):
                self._upkeep.check()
                yield
            self._upkeep.check_behind()
        if self._newest is not None:
            note_newest(self._path, self._newest)

    def open_turn(self, turn: Turn) -> int:
        """Enter a turn; give its id. The first team of a person's day (UTC) is that of all the day's later turns.

        One whose week is closed is counted as late, and is in no figure.
        """
        turn = replace(turn, team=self._team_of_day(turn))
        text, context = sealed(turn, self._sealing)
        self._count_late(turn.at)
        turn_id = self._insert(
            "INSERT INTO turns (at, person, team, identity_source, assistant, client, conversation, ask, place,"
            " prompt_chars, text, text_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            turn_row(turn),
        )
        with said_of(self._path):
            self._connection.execute(
                "INSERT INTO texts (turn_id, text, context) VALUES (?, ?, ?)", (turn_id, text, context)
            )
        return turn_id

    def open_call(self, call: Call, turn_id: int | None) -> int:
        """Enter a call whose answer is not known yet; give its id. `turn_id` is None where it belongs to none."""
        self._newest = self._insert(
            "INSERT INTO calls (turn_id, at, assistant, dialect, model, client, kind, streamed, request_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            call_row(call, turn_id),
        )
        if not self._connection.in_transaction:
            note_newest(self._path, self._newest)
        return self._newest

    def close_call(self, call_id: int, answer: Answer, at: str | None = None) -> bool:
        """Complete a call; tell whether there was one. The assistant's model wins over the one that was asked for.

        `at`: the call's time, so that no other call is completed where the ledger was replaced in between.
        """
        with said_of(self._path):
            return bool(
                self._connection.execute(
                    "UPDATE calls SET http_status = ?, complete = ?, response_bytes = ?, model = coalesce(?, model),"
                    " input_tokens = ?, output_tokens = ?, ttft_ms = ?, duration_ms = ?"
                    " WHERE id = ? AND at = coalesce(?, at)",
                    (*answer_row(answer, call_id), at),
                ).rowcount
            )

    def unjudged(self, classifier: str, limit: int, after: int = 0) -> list[PendingTurn]:
        """Give up to `limit` turns with an id over `after` that this classifier has yet to judge, oldest first.

        A turn whose text is deleted waits for nobody; one whose text cannot be opened any more is `lost`.
        """
        return self._waiting(classifier, limit, after)

    @contextmanager
    def claim(self, classifier: str, limit: int, after: int = 0) -> Iterator[list[PendingTurn]]:
        """Give what `unjudged` gives, for the block to judge: no other classifier gets these turns meanwhile.

        One transaction from here to the end of the block: a classifier that dies in it gives its turns back at once.
        SQLite locks nothing, as its judgements would lock out the proxy: there two may judge one turn, and the first
        judgement counts.
        """
        if not self._connection.locks_rows:
            yield self.unjudged(classifier, limit, after)
            return
        with said_of(self._path), writing(self._connection, alone=False):
            yield self._waiting(classifier, limit, after, " FOR NO KEY UPDATE SKIP LOCKED")

    def judge(
        self, judgements: Sequence[Judgement], keep_text_seconds: float = 0.0, signatures: Sequence[Signature] = ()
    ) -> int:
        """Store judgements and signatures in one transaction, and delete the text; give how many judgements were new.

        A turn's second judgement by the same classifier is ignored, and so is one of a turn that is no more. With
        `keep_text_seconds` the text stays until that long after the judgement, for `expire_text` to delete.
        """
        with self._judging():
            new = self._connection.executemany(
                "INSERT INTO judgements (turn_id, classifier, at, level, score, p0, p1, p2, p3, p4, category,"
                " work, novelty, attention, duplicate_of, reasons)"
                " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16"
                " WHERE EXISTS (SELECT 1 FROM turns WHERE id = ?1) ON CONFLICT DO NOTHING",
                map(judgement_row, judgements),
            ).rowcount
            sign(self._connection, signatures)
            if keep_text_seconds > 0:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?1, lang), text_expires_at ="
                    " CASE WHEN text_expires_at < ?2 THEN text_expires_at ELSE ?2 END"
                    " WHERE id = ?3 AND text IS NOT NULL",
                    [(j.lang, expiry(j.at, keep_text_seconds), j.turn_id) for j in judgements],
                )
            else:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?, lang), text = NULL, context = NULL, text_expires_at = NULL"
                    " WHERE id = ?",
                    [(j.lang, j.turn_id) for j in judgements],
                )
                self._upkeep.delete_texts([j.turn_id for j in judgements])
        return new

    def expire_text(self, now: str) -> int:
        """Delete the text whose time is over; give of how many turns."""
        self._upkeep.check()
        with said_of(self._path), writing(self._connection, alone=False):
            expired = self._connection.execute(
                "UPDATE turns SET text = NULL, context = NULL, text_expires_at = NULL WHERE text_expires_at <= ?"
                " RETURNING id",
                (now,),
            ).fetchall()
            self._upkeep.delete_texts([turn_id for (turn_id,) in expired])
        return len(expired)

    def settle(self) -> bool:
        """Close up where text was deleted, and empty the write-ahead log; tell whether the log was emptied.

        Deleted text lives on in the log until then. For whoever deletes text to call when it has nothing else to do;
        False while another process reads an older state: then it is worth another try later.
        """
        return self._upkeep.settle()

    def _count_late(self, at: str) -> None:
        week = monday(at)
        with said_of(self._path):
            if self._connection.execute("UPDATE weeks SET late = late + 1 WHERE week = ?", (week,)).rowcount:
                return
            self._connection.execute(
                "INSERT INTO weeks (week, until, closed_at, min_group, last_turn_id, withheld, turns, judged,"
                " unattributed, calls, unreadable, measured, estimated, late)"
                " SELECT ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 WHERE ? < (SELECT max(week) FROM weeks)",
                (week, next_week(week), at, week),
            )

    def _team_of_day(self, turn: Turn) -> str | None:
        """Ask the person's newest turn, which is found at once and, where turns come in their order, is of that day."""
        with said_of(self._path):
            row = self._connection.execute(
                "SELECT team, at FROM turns WHERE person = ? ORDER BY id DESC LIMIT 1", (turn.person,)
            ).fetchone()
        return turn.team if row is None or row[0] is None or row[1][:10] != turn.at[:10] else str(row[0])

    def _waiting(self, classifier: str, limit: int, after: int, lock: str = "") -> list[PendingTurn]:
        with said_of(self._path):
            rows = self._connection.execute(
                f"SELECT id, at, person, team, conversation, {TEXT}, {CONTEXT}"  # noqa: S608 (SQL of ours)
                " FROM turns AS t INDEXED BY turns_with_text WHERE text IS NOT NULL AND id > ?"
                # no NOT EXISTS, of which PostgreSQL makes a join with all judgements there are
                " AND (SELECT 1 FROM judgements WHERE turn_id = t.id AND classifier = ?) IS NULL"
                " ORDER BY id LIMIT ?" + lock,
                (after, classifier, limit),
            ).fetchall()
        return [pending_turn(self._sealing, *row) for row in rows]

    @contextmanager
    def _judging(self) -> Iterator[None]:
        """Write within the claim's transaction, where there is one."""
        if self._connection.in_transaction:
            yield
        else:
            with self.transaction():
                yield

    def _insert(self, sql: str, row: Row) -> int:
        with said_of(self._path):
            return int(self._connection.execute(f"{sql} RETURNING id", row).fetchone()[0])
