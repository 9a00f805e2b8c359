"""PostgreSQL's connections: the ledger of a fleet, with several proxies and classifiers.

With `postgres_types.py` the door to psycopg, imported only where a URL names the ledger. Statements come in SQLite's
words (`postgres_words.py`). Leaves out what only a file needs: a server's admins see to its disk and its backups.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ledger.address import Address
from ledger.errors import LedgerBusy, LedgerError, WrongLedger
from ledger.postgres_types import adapt
from ledger.postgres_words import translated
from ledger.sql import Rows, Values

CONNECT_SECONDS = 5
# A classifier that stands still for so long gives its turns back, and a statement that takes so long is given up.
IDLE_SECONDS = 300
STATEMENT_SECONDS = 60
ALONE: Final = 0x6173736179  # the lock of the transactions that run alone; any number will do that others do not take
RECONNECT_SECONDS = 1.0  # between tries, so that each write does not wait for a server that is away

_AWAY = "the ledger {address} cannot be reached{why}: start its server, or check --db, the network and the password"
_BUSY = "the ledger {address} is locked by another program, or too slow: try again later"
# What to say by the error's code, or its class. https://www.postgresql.org/docs/18/errcodes-appendix.html (2026-11-25)
_SENTENCES: Final = {
    "08": _AWAY,
    "25006": "the ledger {address} cannot be written, as its server only reads: name the primary with --db",
    "28": _AWAY,
    "3D000": "the database of the ledger {address} does not exist: make it (createdb), or choose another --db",
    "40": _BUSY,
    "42501": "the ledger {address} does not give this role the right to do that: grant it (docs/postgres.md)",
    "53100": "the disk that holds the ledger {address} is full: make room on it",
    "53": "the server of the ledger {address} has no room for more: see to its connections and its memory",
    "55P03": _BUSY,
    "57014": _BUSY,
    "57": _AWAY,
    "58": "the disk that holds the ledger {address} fails: check it",
    "XX001": "the ledger {address} is corrupt: restore it from a backup",
    "XX002": "an index of the ledger {address} is corrupt: mend it (REINDEX)",
}


class Postgres:
    """A `Connection` (sql.py). Outside of a transaction, one that has broken is made anew at the next statement."""

    locks_rows = True
    Error = psycopg.Error

    def __init__(self, address: Address, settings: Mapping[str, str]) -> None:
        """Raises LedgerError, and WrongLedger for a URL that libpq does not read."""
        self.address = address
        self._settings = settings
        self._in_transaction = False
        self._again = 0.0  # when the next try to connect is worth it
        self._raw = self._connected()

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction was begun and not ended, also where its connection has broken."""
        return self._in_transaction

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        """Run a statement. Raises LedgerError for what may pass, and psycopg.Error for a bug of ours."""
        statement = translated(sql)
        if isinstance(values, Mapping):
            values = [values[name] for name in statement.names]
        with self._said():
            return self._live().execute(statement.sql, values or None)

    def executemany(self, sql: str, values: Iterable[Values], /) -> Rows:
        """Run a statement with each of many values, in one go. Raises as `execute` does."""
        with self._said():
            cursor = self._live().cursor()
            cursor.executemany(translated(sql).sql, list(values))
        return cursor

    def begin(self, alone: bool = True) -> None:
        """Begin a transaction. `alone`: no other one that is `alone` runs until it ends, on whatever machine."""
        self._begin(f"BEGIN; SELECT pg_advisory_xact_lock({ALONE})" if alone else "BEGIN")

    def _begin(self, statements: str) -> None:
        if self._in_transaction:
            raise RuntimeError("a transaction is begun within another one")
        with self._said():
            raw = self._live()
            self._in_transaction = True
            try:
                raw.execute(statements)
            except BaseException:
                self.rollback()
                raise

    def commit(self) -> None:
        """End the transaction. Where this raises, it may be written all the same: the server may be gone since."""
        with self._said():
            try:
                self._live().execute("COMMIT")
            except BaseException:
                self.rollback()
                raise
        self._in_transaction = False

    def rollback(self) -> None:
        """Undo the transaction. Where the connection has broken, the server does."""
        self._in_transaction = False
        with suppress(psycopg.Error):
            self._raw.execute("ROLLBACK")

    def wait(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's lock, on this connection and those made anew."""
        self._settings = {**self._settings, "lock_timeout": f"{busy_ms}ms"}
        with self._said():
            self._live().execute("SELECT set_config('lock_timeout', $1, false)", (f"{busy_ms}ms",))

    def close(self) -> None:
        """Let go of the server."""
        self._raw.close()

    def durable(self) -> nullcontext[None]:
        """Do nothing: PostgreSQL's commits wait for the disk unless its admins say otherwise."""
        return nullcontext()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that the block reads be of one moment."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            yield
        finally:
            self.rollback()

    def state(self) -> int:
        """Give a number that is another one once anybody has changed anything on the server."""
        return int(
            self.execute("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)").fetchone()[0]
        )

    def faults(self) -> int:
        """Find none: that is for the server's admins (pg_amcheck)."""
        return 0

    def tables(self) -> set[str]:
        """Name the tables."""
        return {name for (name,) in self.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}

    def views(self) -> dict[str, str]:
        """Give each view's name, and the statement that made it, which stands in its comment."""
        return dict(
            self.execute(
                "SELECT relname, coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class"
                " WHERE relkind = 'v' AND relnamespace = CAST(CAST(current_schema() AS text) AS regnamespace)"
            ).fetchall()
        )

    def make_views(self, views: Mapping[str, str]) -> None:
        """Make views, in place of those that have their names. Rights on them stay, unless their columns change."""
        self.execute("SAVEPOINT before_views")
        try:
            for statement in views.values():
                self.execute(statement.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
        except psycopg.Error:
            self.execute("ROLLBACK TO SAVEPOINT before_views")
            self._drop(reversed(list(views)))
            for statement in views.values():
                self.execute(statement)
        for name, statement in views.items():
            quoted = statement.replace("'", "''")
            self.execute(f"COMMENT ON VIEW {name} IS '{quoted}'")

    def _drop(self, views: Iterable[str]) -> None:
        for name in views:
            try:
                self.execute(f"DROP VIEW IF EXISTS {name}")
            except psycopg.errors.DependentObjectsStillExist as error:
                raise LedgerError(
                    f"other views of the ledger {self.address} stand on {name}, whose columns have changed: drop them, "
                    "start again, and make them anew"
                ) from error

    def _live(self) -> psycopg.Connection[Any]:
        if self._raw.closed:
            if self._in_transaction:
                raise LedgerError(_AWAY.format(address=self.address, why=""))
            self._raw = self._connected()
        return self._raw

    def _connected(self) -> psycopg.Connection[Any]:
        if time.monotonic() < self._again:
            raise LedgerError(_AWAY.format(address=self.address, why=""))
        try:
            parts: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, **conninfo_to_dict(self.address.url)}
        except psycopg.Error:
            raise WrongLedger(
                f"the ledger {self.address} is not named as PostgreSQL's URLs are: write postgresql://USER@HOST/NAME"
            ) from None
        self._again = time.monotonic() + RECONNECT_SECONDS
        try:
            raw = psycopg.connect(**parts, autocommit=True, cursor_factory=psycopg.RawCursor)
            _adapt(raw, self._settings)
        except psycopg.Error as error:
            raise self._sentence(error, _why(error, str(parts.get("password") or ""))) from None
        self._again = 0.0
        return raw

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if (said := self._sentence(error)) is None:
                raise
            raise said from None  # its words may quote what was to be written

    def _sentence(self, error: psycopg.Error, why: str = "") -> Any:
        """Give a LedgerError for what is no bug of ours. None: it is one."""
        code = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
        sentence = _SENTENCES.get(code) or _SENTENCES.get(code[:2])
        if sentence is None:
            return None
        kind = LedgerBusy if sentence is _BUSY else LedgerError
        return kind(sentence.format(address=self.address, why=why))


class ServerUpkeep:
    """What a server needs besides its rows: nothing, as its admins see to it."""

    def __init__(self, connection: Postgres) -> None:
        self._connection = connection

    def check(self) -> None:
        """Do nothing: each statement tells whether the server is there."""

    def check_behind(self) -> None:
        """What the server has committed is in it."""

    def let_go(self) -> None:
        """Close the connection."""
        self._connection.close()

    def hurry(self, busy_ms: int) -> None:
        """Wait no longer than that for another process's write."""
        self._connection.wait(busy_ms)

    def delete_texts(self, turn_ids: Sequence[int]) -> None:
        """Delete these turns' texts, within a transaction. Autovacuum takes the room."""
        self._connection.executemany("DELETE FROM texts WHERE turn_id = ?", [(turn_id,) for turn_id in turn_ids])

    def settle(self) -> bool:
        """Do nothing."""
        return True

    def empty_log(self, busy_ms: int) -> bool:
        """Do nothing: how long the server's log and its backups are kept is its admins' to say."""
        return True

    def rewrite(self) -> None:
        """Write the tables anew that hold people's rows."""
        self._connection.execute("SET statement_timeout = 0")  # it takes as long as that takes
        self._connection.execute("VACUUM (FULL) turns, texts, calls, judgements, signatures, traces, waiting, contests")
        self._connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")


def open_to_write(address: Address, busy_ms: int) -> Postgres:
    """Connect to a database. `busy_ms`: how long a write waits for another's. Raises LedgerError."""
    connection = Postgres(address, {"lock_timeout": f"{busy_ms}ms"})
    (encoding,) = connection.execute("SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        connection.close()
        raise WrongLedger(
            f"the database of the ledger {address} is in {encoding}: make one with UTF8 (createdb --encoding=UTF8 "
            "--template=template0), and name that with --db"
        )
    return connection


def open_to_read(address: Address, busy_ms: int) -> Postgres:
    """Connect to a database for reading only. Raises LedgerError."""
    return Postgres(address, {"lock_timeout": f"{busy_ms}ms", "default_transaction_read_only": "on"})


def _why(error: psycopg.Error, password: str) -> str:
    """Quote the server's reason, or libpq's, which names neither a password nor what was to be written."""
    lines = str(error).strip().splitlines()
    reason = lines[-1].rpartition("FATAL:")[2].rpartition("failed: ")[2].strip().rstrip("?.") if lines else ""
    return f" ({reason})" if reason and not (password and password in reason) else ""


def _adapt(raw: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    adapt(raw.adapters)
    every = {
        "client_encoding": "UTF8",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "application_name": "assay",
        **settings,
    }
    names = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in every.items())
    raw.execute(f"SELECT {names}")
