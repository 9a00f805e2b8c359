"""Who looked at people's own rows, or did what else must be answered for: a table that is only ever added to.

Each entry carries a keyed digest over the one before it and itself, and the newest one's is kept in a file beside the
key (the head), so that whoever changes the ledger without the key cannot change, remove, add or cut entries unseen.
Leaves out who holds key and ledger both: they can write the table anew, and only a copy of the head elsewhere tells.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.address import Place
from ledger.errors import LedgerError, said_of
from ledger.files import write_private
from ledger.records import utc
from ledger.sql import Connection, writing

PURPOSE: Final = "audit"  # what the chain's secret is derived for
_ROWS = "SELECT id, at, who, what, why, hash FROM audit ORDER BY id"
_NEWEST = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did."""

    id: int
    at: str
    who: str  # the login, or what it gave as its name
    what: str  # of people it names pseudonyms alone
    why: str  # in their own words
    hash: str | None  # None: an Assay without a chain entered it


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    hash: str


class Audit:
    """One ledger's entries, over its connection. Every method may raise LedgerError."""

    def __init__(self, connection: Connection, path: Place, secret: bytes, head: Path) -> None:
        """`secret`: what the key derives for PURPOSE. `head`: the file beside the key that names the newest entry."""
        self._connection = connection
        self._path = path
        self._secret = secret
        self._head = head

    def append(self, who: str, what: str, why: str) -> None:
        """Enter what somebody does, before they do it: it is on the disk when this returns. Not in a transaction."""
        with self.entry(who, what, why):
            pass

    @contextmanager
    def entry(self, who: str, what: str, why: str) -> Iterator[None]:
        """Write what the block writes and the entry that says so, or neither; on the disk when the block is left."""
        with self._connection.durable():
            with said_of(self._path), writing(self._connection):
                self._move_head()  # so that it is never behind by more than the entry that comes
                self._insert(*map(_clean, (who, what, why)))
                yield
            with said_of(self._path), writing(self._connection):
                self._move_head()

    def entries(self) -> list[Entry]:
        """Give all entries, oldest first."""
        with said_of(self._path):
            return [Entry(*row) for row in self._connection.execute(_ROWS)]

    def verify(self) -> str | None:
        """Tell in a sentence which entry is the first that is not as it was entered. None: all are."""
        try:
            head = self._read_head()  # before the rows: another process may move it on
        except ValueError:
            return f"the head of the audit table, {self._head}, was changed: restore it from a backup"
        try:
            with said_of(self._path):
                return self._fault(head)
        except self._connection.Error:  # no table, no text: not what we made
            return "the audit table cannot be read: it was replaced or damaged"

    def _fault(self, head: _Head | None) -> str | None:
        link, chained, seen = b"", 0, head is None
        for *fields, entered in self._connection.execute(_ROWS):
            link = self._link(link, fields, chained=entered is not None)
            if entered is None and not chained:
                continue
            if not isinstance(entered, str) or not hmac.compare_digest(entered.encode(), link.hex().encode()):
                return f"the audit table is broken at entry {fields[0]}: it, or what stood before it, was changed"
            chained += 1
            seen = seen or head == _Head(int(str(fields[0])), entered)
        if head is not None and not seen:
            return f"the audit table is broken after its newest entry: entry {head.id} was cut off or replaced"
        if head is None and chained > 1:
            return f"the head of the audit table, {self._head}, is missing: restore it from a backup"
        return None

    def _insert(self, who: str, what: str, why: str) -> None:
        newest = self._connection.execute(_NEWEST).fetchone()
        number, at = (newest[0] if newest else 0) + 1, utc(time.time())
        link = bytes.fromhex(newest[1]) if newest and newest[1] else self._link_of_all()
        self._connection.execute(
            "INSERT INTO audit (id, at, who, what, why, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (number, at, who, what, why, self._link(link, (number, at, who, what, why)).hex()),
        )

    def _link_of_all(self) -> bytes:
        """Give what the chain begins with: the digest of the entries that an Assay without one left."""
        link = b""
        for *fields, _ in self._connection.execute(_ROWS):
            link = self._link(link, fields, chained=False)
        return link

    def _link(self, before: bytes, fields: Sequence[object], chained: bool = True) -> bytes:
        kind = b"entry" if chained else b"before the chain"
        return self._digest(kind, before, *(str(field).encode("utf-8", "replace") for field in fields))

    def _digest(self, *parts: bytes) -> bytes:
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self._secret, framed, hashlib.sha256).digest()

    def _move_head(self) -> None:
        """Name the newest entry in the head, within a transaction: writers do it one after another.

        Where the head's entry is not in the table any more, it stays, so that `verify` goes on saying so.
        """
        newest = self._connection.execute(_NEWEST).fetchone()
        if newest is None or newest[1] is None:
            return
        try:
            head = self._read_head()
        except ValueError:
            return
        if head == _Head(*newest) or not self._continues(head):
            return
        seal = self._digest(b"head", str(newest[0]).encode(), newest[1].encode()).hex()
        try:
            write_private(self._head, json.dumps({"id": newest[0], "hash": newest[1], "seal": seal}).encode())
        except OSError as error:
            raise self._unusable("written", error) from error

    def _continues(self, head: _Head | None) -> bool:
        if head is None:  # whoever entered the first one may have died before it was named
            return len(self._connection.execute("SELECT id FROM audit WHERE hash IS NOT NULL LIMIT 2").fetchall()) < 2
        held = self._connection.execute("SELECT hash FROM audit WHERE id = ?", (head.id,)).fetchone()
        return held is not None and held[0] == head.hash

    def _read_head(self) -> _Head | None:
        """Raises ValueError for a head that this key did not seal, LedgerError where it cannot be read."""
        try:
            said = json.loads(self._head.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable("read", error) from error
        try:
            head, seal = _Head(int(said["id"]), str(said["hash"])), str(said["seal"])
        except (KeyError, TypeError) as error:
            raise ValueError("no head") from error
        if not hmac.compare_digest(seal, self._digest(b"head", str(head.id).encode(), head.hash.encode()).hex()):
            raise ValueError("no head of this key")
        return head

    def _unusable(self, verb: str, error: OSError) -> LedgerError:
        why = (error.strerror or "unknown").lower()
        return LedgerError(f"the head of the audit table, {self._head}, cannot be {verb} ({why}): mend that")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")  # which neither store would keep as they are
