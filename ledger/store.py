"""The ledger's writing side: calls and turns as they happen, judgements as they come.

Plain sqlite3 rather than sqlite-utils, which is for reading (`usage.py`): the proxy and the classifier write through
this file, and `executemany` is several times as fast as sqlite-utils' inserts (bench/ledger.py). Leaves out what the
rows are worth (`views.sql`) and how the schema came to be (`migrations.py`).
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import migrations
from ledger.audit import Audit
from ledger.errors import LedgerError, said_of
from ledger.files import make_private
from ledger.history import History, sign
from ledger.outcomes import Outcomes
from ledger.presence import Presence
from ledger.records import Answer, Call, Judgement, PendingTurn, Signature, Turn
from ledger.rows import Row, answer_row, call_row, expiry, judgement_row, pending_turn, turn_row
from ledger.spools import Spools
from ledger.sql import writing
from ledger.target import refuse_wrong
from ledger.traces import Traces

if TYPE_CHECKING:
    from ledger.usage import ReadLedger

__all__ = ["Ledger", "LedgerError"]

BUSY_MS = 5000  # how long a write waits for another process's write
SLICE = 200  # turns that are closed up at a time, while other writers wait (bench/ledger.py says how long)
MARGIN = 100  # turns: more than lie on the two pages that SQLite may take along when it merges one
SWITCH_SECONDS = 0.01  # between tries to switch to the write-ahead log
SETTLE_BUSY_MS = 50  # writers wait while a settling ledger waits for readers: it does not wait long


class Ledger:
    """One connection that writes. Used by the thread that opened it. Every method may raise LedgerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path, busy_ms: int = BUSY_MS) -> None:
        self._connection = connection
        self._path = path
        self._busy_ms = busy_ms
        self._presence = Presence(connection, path)
        self.history = History(connection, path)
        self.traces = Traces(connection, path)
        self.outcomes = Outcomes(connection, path)
        self.spools = Spools(connection, path)
        self._hollow: int | None = None  # the first turn with deleted text whose room is not yet closed up

    @staticmethod
    def open(path: Path, busy_ms: int = BUSY_MS) -> "Ledger":
        """Open a ledger for writing, and make it (with its folder, both for the owner alone) where there is none.

        `busy_ms`: how long a write waits for another process's write. Raises WrongLedger for what is no ledger of this
        program, and LedgerError when it cannot be written now or is corrupt.
        """
        refuse_wrong(path)
        try:
            make_private(path)
        except OSError as error:
            raise LedgerError(
                f"the ledger {path} cannot be made or written ({(error.strerror or 'unknown').lower()}): "
                "change the permissions there, or choose another --db"
            ) from error
        with said_of(path):
            connection = sqlite3.connect(path, timeout=busy_ms / 1000, isolation_level=None)
            try:
                _prepare(connection, busy_ms)
                migrations.migrate(connection, path, time.time())
            except BaseException:
                connection.close()
                raise
        return Ledger(connection, path, busy_ms)

    @staticmethod
    def read(path: Path) -> "ReadLedger":
        """Open a ledger for reading only. Raises LedgerError when there is none, and as `open` does."""
        from ledger.usage import ReadLedger  # with sqlite-utils, which the proxy does without

        return ReadLedger.open(path)

    def hurry(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's write, from now on."""
        self._busy_ms = busy_ms
        with said_of(self._path):
            self._connection.execute(f"PRAGMA busy_timeout = {busy_ms}")

    def close(self) -> None:
        """Let go of the file."""
        self._presence.let_go()

    def audit(self, secret: bytes, head: Path) -> Audit:
        """Give the table of who did what, over this connection: what `Audit` takes."""
        return Audit(self._connection, self._path, secret, head)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing of it.

        Raises Displaced where the file is no longer in its place, also when that is noticed once it is written: the
        writing is then in a file that nobody finds.
        """
        with said_of(self._path):
            with writing(self._connection):
                self._presence.check()
                yield
            self._presence.check()

    def open_turn(self, turn: Turn) -> int:
        """Enter a turn; give its id."""
        return self._insert(
            "INSERT INTO turns (at, person, team, identity_source, assistant, client, conversation, ask, place,"
            " prompt_chars, text, context, text_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            turn_row(turn),
        )

    def open_call(self, call: Call, turn_id: int | None) -> int:
        """Enter a call whose answer is not known yet; give its id. `turn_id` is None where it belongs to none."""
        return self._insert(
            "INSERT INTO calls (turn_id, at, assistant, dialect, model, client, kind, streamed, request_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            call_row(call, turn_id),
        )

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

        A turn whose text is gone waits for nobody.
        """
        with said_of(self._path):
            rows = self._connection.execute(
                "SELECT id, at, person, team, conversation, text, context FROM turns INDEXED BY turns_with_text"
                " WHERE text IS NOT NULL AND id > ? AND NOT EXISTS"
                " (SELECT 1 FROM judgements WHERE turn_id = turns.id AND classifier = ?)"
                " ORDER BY id LIMIT ?",
                (after, classifier, limit),
            ).fetchall()
        return [pending_turn(*row) for row in rows]

    def judge(
        self, judgements: Sequence[Judgement], keep_text_seconds: float = 0.0, signatures: Sequence[Signature] = ()
    ) -> int:
        """Store judgements and signatures in one transaction, and delete the text; give how many judgements were new.

        A turn's second judgement by the same classifier is ignored, and so is one of a turn that is no more. With
        `keep_text_seconds` the text stays until that long after the judgement, for `expire_text` to delete.
        """
        with self.transaction():
            before = self._connection.total_changes
            self._connection.executemany(
                "INSERT OR IGNORE INTO judgements (turn_id, classifier, at, level, score, p0, p1, p2, p3, p4, category,"
                " work, novelty, attention, duplicate_of, reasons)"
                " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16"
                " WHERE EXISTS (SELECT 1 FROM turns WHERE id = ?1)",
                map(judgement_row, judgements),
            )
            new = self._connection.total_changes - before
            sign(self._connection, signatures)
            if keep_text_seconds > 0:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?, lang), text_expires_at = min(text_expires_at, ?)"
                    " WHERE id = ? AND text IS NOT NULL",
                    [(j.lang, expiry(j.at, keep_text_seconds), j.turn_id) for j in judgements],
                )
            else:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?, lang), text = NULL, context = NULL, text_expires_at = NULL"
                    " WHERE id = ?",
                    [(j.lang, j.turn_id) for j in judgements],
                )
        if keep_text_seconds <= 0:
            self._deleted_text([j.turn_id for j in judgements])
        return new

    def expire_text(self, now: str) -> int:
        """Delete the text whose time is over; give of how many turns."""
        self._presence.check()
        with said_of(self._path):
            expired = self._connection.execute(
                "UPDATE turns SET text = NULL, context = NULL, text_expires_at = NULL WHERE text_expires_at <= ?"
                " RETURNING id",
                (now,),
            ).fetchall()
        self._deleted_text([turn_id for (turn_id,) in expired])
        return len(expired)

    def settle(self) -> bool:
        """Close up where text was deleted, and empty the write-ahead log; tell whether the log was emptied.

        Deleted text lives on in the log until then. For whoever deletes text to call when it has nothing else to do;
        False while another process reads an older state: then it is worth another try later.
        """
        self._presence.check()
        log = self._path.with_name(self._path.name + "-wal")
        with said_of(self._path):
            self._close_up()
            if not log.exists() or log.stat().st_size == 0:
                return True
            self._connection.execute(f"PRAGMA busy_timeout = {SETTLE_BUSY_MS}")
            try:
                busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {self._busy_ms}")
        return not busy

    def _close_up(self) -> None:
        """Rewrite some turns whose text was deleted, so that their pages are filled again.

        A row that shrinks leaves its page as empty as it makes it: without this a turn takes three times its room.
        `id = id` makes SQLite take the row out and put it in again, which merges pages that are nearly empty. Rows
        are moved then, and a moved text would leave a copy behind: hence the margin to the first turn with text.
        """
        if self._hollow is None:
            return
        with writing(self._connection):
            (end,) = self._connection.execute(
                "SELECT coalesce((SELECT min(id) FROM turns WHERE text IS NOT NULL) - ?, max(id) + 1, 0) FROM turns",
                (MARGIN,),
            ).fetchone()
            first, last = self._hollow, min(end, self._hollow + SLICE)
            if first < last:
                self._connection.execute("UPDATE turns SET id = id WHERE id >= ? AND id < ?", (first, last))
                self._hollow = last

    def _deleted_text(self, turn_ids: list[int]) -> None:
        if turn_ids:
            self._hollow = min(turn_ids) if self._hollow is None else min(*turn_ids, self._hollow)

    def _insert(self, sql: str, row: Row) -> int:
        with said_of(self._path):
            row_id = self._connection.execute(sql, row).lastrowid
        assert row_id is not None
        return row_id


def _prepare(connection: sqlite3.Connection, busy_ms: int) -> None:
    # Only a file without tables takes it; later slices of free pages can then be given back without a rewrite.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _log_ahead(connection, busy_ms)
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last commits, never the file
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # deleted text is overwritten, not only let go
    connection.execute("PRAGMA temp_store = MEMORY")  # no text in temporary files


def _log_ahead(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Switch to the write-ahead log. Where another process switches too, SQLite refuses at once instead of waiting."""
    end = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(SWITCH_SECONDS)
        else:
            return
