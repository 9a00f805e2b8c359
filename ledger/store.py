"""The ledger's writing side: calls and turns as they happen, judgements as they come.

Plain sqlite3 rather than sqlite-utils, which is for reading (`usage.py`): the proxy and the classifier write through
this file, and `executemany` is five to ten times as fast as sqlite-utils' inserts. Leaves out what the rows are worth
(`views.sql`) and how the schema came to be (`migrations.py`).
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import migrations
from ledger.errors import LedgerError, said_of
from ledger.files import make_private
from ledger.records import Answer, Call, Judgement, Message, PendingTurn, Turn, utc
from ledger.sql import writing

if TYPE_CHECKING:
    from ledger.usage import ReadLedger

__all__ = ["AskSeen", "Ledger", "LedgerError"]

BUSY_MS = 5000  # how long a write waits for another process's write
SETTLE_BUSY_MS = 50  # writers wait while a settling ledger waits for readers: it does not wait long


@dataclass(frozen=True, slots=True)
class AskSeen:
    """The newest turn with the same ask."""

    turn_id: int
    at: str
    answered: bool  # some call of it has a complete answer with a status under 400
    open: bool  # its newest call has not ended


class Ledger:
    """One connection that writes. Used by the thread that opened it. Every method may raise LedgerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @staticmethod
    def open(path: Path) -> "Ledger":
        """Open a ledger for writing, and make it (with its folder, both for the owner alone) where there is none.

        Raises LedgerError when it cannot be written, is no ledger, is corrupt, or has a newer schema.
        """
        if path.is_dir():
            raise LedgerError(f"the ledger {path} is a folder: name a file, as in --db {path / 'usage.db'}")
        try:
            make_private(path)
        except OSError as error:
            raise LedgerError(
                f"the ledger {path} cannot be made or written ({(error.strerror or 'unknown').lower()}): "
                "change the permissions there, or choose another --db"
            ) from error
        with said_of(path):
            connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
            try:
                _prepare(connection)
                migrations.migrate(connection, path, time.time())
            except BaseException:
                connection.close()
                raise
        return Ledger(connection, path)

    @staticmethod
    def read(path: Path) -> "ReadLedger":
        """Open a ledger for reading only. Raises LedgerError when there is none, and as `open` does."""
        from ledger.usage import ReadLedger  # with sqlite-utils, which the proxy does without

        return ReadLedger.open(path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing of it."""
        with said_of(self._path), writing(self._connection):
            yield

    def open_turn(self, turn: Turn) -> int:
        """Enter a turn; give its id."""
        row = (
            turn.at,
            turn.person,
            _clean(turn.team),
            turn.identity_source,
            _clean(turn.assistant),
            _clean(turn.client),
            turn.conversation,
            turn.ask,
            turn.prompt_chars,
            _clean(turn.text),
            _context_json(turn.context),
        )
        return self._insert(
            "INSERT INTO turns (at, person, team, identity_source, assistant, client, conversation, ask, prompt_chars,"
            " text, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def open_call(self, call: Call, turn_id: int | None) -> int:
        """Enter a call whose answer is not known yet; give its id. `turn_id` is None where nothing could be read."""
        row = (
            turn_id,
            call.at,
            _clean(call.assistant),
            call.dialect,
            _clean(call.model),
            _clean(call.client),
            call.kind,
            call.streamed,
            call.request_bytes,
        )
        return self._insert(
            "INSERT INTO calls (turn_id, at, assistant, dialect, model, client, kind, streamed, request_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def close_call(self, call_id: int, answer: Answer) -> None:
        """Complete a call. The model that the assistant reports wins over the one that was asked for."""
        row = (
            answer.http_status,
            answer.complete,
            answer.response_bytes,
            _clean(answer.model),
            answer.input_tokens,
            answer.output_tokens,
            answer.ttft_ms,
            answer.duration_ms,
            call_id,
        )
        with said_of(self._path):
            self._connection.execute(
                "UPDATE calls SET http_status = ?, complete = ?, response_bytes = ?, model = coalesce(?, model),"
                " input_tokens = ?, output_tokens = ?, ttft_ms = ?, duration_ms = ? WHERE id = ?",
                row,
            )

    def last_ask(self, ask: str) -> AskSeen | None:
        """Find the newest turn with this ask."""
        with said_of(self._path):
            row = self._connection.execute(
                "SELECT id, at,"
                " EXISTS (SELECT 1 FROM calls WHERE turn_id = turns.id AND complete AND http_status < 400),"
                " coalesce((SELECT response_bytes IS NULL FROM calls WHERE turn_id = turns.id"
                "  ORDER BY id DESC LIMIT 1), 0)"
                " FROM turns WHERE ask = ? ORDER BY id DESC LIMIT 1",
                (ask,),
            ).fetchone()
        return None if row is None else AskSeen(row[0], row[1], bool(row[2]), bool(row[3]))

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
        return [_pending(*row) for row in rows]

    def judge(self, judgements: Sequence[Judgement], keep_text_seconds: float = 0.0) -> int:
        """Store judgements in one transaction, and delete the text that they were made of; give how many were new.

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
                map(_judgement_row, judgements),
            )
            new = self._connection.total_changes - before
            if keep_text_seconds > 0:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?, lang), text_expires_at = coalesce(text_expires_at, ?)"
                    " WHERE id = ? AND text IS NOT NULL",
                    [(j.lang, _later(j.at, keep_text_seconds), j.turn_id) for j in judgements],
                )
            else:
                self._connection.executemany(
                    "UPDATE turns SET lang = coalesce(?, lang), text = NULL, context = NULL, text_expires_at = NULL"
                    " WHERE id = ?",
                    [(j.lang, j.turn_id) for j in judgements],
                )
        return new

    def expire_text(self, now: str) -> int:
        """Delete the text whose time is over; give of how many turns."""
        with said_of(self._path):
            return self._connection.execute(
                "UPDATE turns SET text = NULL, context = NULL, text_expires_at = NULL WHERE text_expires_at <= ?",
                (now,),
            ).rowcount

    def settle(self) -> bool:
        """Move what is written from the write-ahead log into the file and empty the log; tell whether it was.

        Deleted text lives on in the log until then. For whoever deletes text to call when it has nothing else to do;
        False while another process reads, and then worth another try later.
        """
        log = self._path.with_name(self._path.name + "-wal")
        with said_of(self._path):
            if not log.exists() or log.stat().st_size == 0:
                return True
            self._connection.execute(f"PRAGMA busy_timeout = {SETTLE_BUSY_MS}")
            try:
                busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        return not busy

    def _insert(self, sql: str, row: tuple[object, ...]) -> int:
        with said_of(self._path):
            row_id = self._connection.execute(sql, row).lastrowid
        assert row_id is not None
        return row_id


def _prepare(connection: sqlite3.Connection) -> None:
    # Only a file without tables takes it; later slices of free pages can then be given back without a rewrite.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last commits, never the file
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # deleted text is overwritten, not only let go
    connection.execute("PRAGMA temp_store = MEMORY")  # no text in temporary files


def _clean(text: str | None) -> str | None:
    """Replace lone surrogates, which JSON can carry and a database cannot."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _context_json(context: Sequence[Message]) -> str | None:
    if not context:
        return None
    messages = [{"role": message.role, "text": _clean(message.text)} for message in context]
    return json.dumps(messages, ensure_ascii=False, separators=(",", ":"))


def _pending(
    turn_id: int, at: str, person: str, team: str | None, conversation: str, text: str, context: str | None
) -> PendingTurn:
    messages = tuple(Message(**message) for message in json.loads(context or "[]"))
    return PendingTurn(turn_id, at, person, team, conversation, text, messages)


def _judgement_row(judgement: Judgement) -> tuple[object, ...]:
    return (
        judgement.turn_id,
        judgement.classifier,
        judgement.at,
        judgement.level,
        judgement.score,
        *judgement.probabilities,
        judgement.category,
        judgement.work,
        judgement.novelty,
        judgement.attention,
        judgement.duplicate_of,
        json.dumps(judgement.reasons, ensure_ascii=False, separators=(",", ":")),
    )


def _later(at: str, seconds: float) -> str:
    return utc(datetime.fromisoformat(at).timestamp() + seconds)
