"""Opens either store: a file, or a database that a URL names. psycopg is loaded for the latter alone."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.address import Address, Place
from ledger.errors import LedgerError, WrongLedger
from ledger.files import make_private
from ledger.settling import FileUpkeep
from ledger.sql import Connection, Upkeep
from ledger.sqlite import SQLite
from ledger.sqlite import open_to_read as read_file
from ledger.sqlite import open_to_write as write_file
from ledger.target import WITHOUT_PSYCOPG, refuse_hollow, refuse_wrong

if TYPE_CHECKING:
    from types import ModuleType


def open_to_write(place: Place, busy_ms: int) -> Connection:
    """Connect for writing; a file is made (with its folder, both for the owner alone) where there is none.

    `busy_ms`: how long a write waits for another's. Raises LedgerError, and WrongLedger for what is no ledger and will
    become none; for files sqlite3.Error too.
    """
    if isinstance(place, Address):
        server: Connection = _postgres(place).open_to_write(place, busy_ms)
        return server
    refuse_wrong(place)
    refuse_hollow(place)
    try:
        make_private(place)
    except OSError as error:
        raise LedgerError(
            f"the ledger {place} cannot be made or written ({(error.strerror or 'unknown').lower()}): "
            "change the permissions there, or choose another --db"
        ) from error
    return write_file(place, busy_ms)


def open_to_read(place: Place, busy_ms: int) -> Connection:
    """Connect for reading only. Raises as `open_to_write` does, and LedgerError where there is no file."""
    if isinstance(place, Address):
        server: Connection = _postgres(place).open_to_read(place, busy_ms)
        return server
    if not place.is_file():
        raise LedgerError(f"there is no ledger at {place}: log something first (assay up), or name it with --db")
    return read_file(place, busy_ms)


def upkeep_of(connection: Connection, place: Place, busy_ms: int) -> Upkeep:
    """Give what a connection for writing needs besides its rows, once its schema is the newest."""
    if isinstance(place, Path):
        assert isinstance(connection, SQLite)
        return FileUpkeep(connection, place, busy_ms)
    upkeep: Upkeep = _postgres(place).ServerUpkeep(connection)
    return upkeep


def _postgres(address: Address) -> "ModuleType":
    try:
        from ledger import postgres
    except ImportError:
        raise WrongLedger(WITHOUT_PSYCOPG.format(address=address)) from None
    return postgres
