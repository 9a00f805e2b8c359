"""The copy of a ledger that is made before its schema changes, beside it, for its owner alone.

It holds people's rows: whoever deletes theirs must know where it lies (`backups`).
"""

import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from ledger.errors import LedgerError
from ledger.files import FILE_MODE

BACKUP = re.compile(r"\.schema\d+\.backup")


def backups(ledger: Path) -> list[Path]:
    """List the backups that lie beside a ledger, oldest schema first, and what is left of one that was cut off."""
    names = ledger.parent.glob(f"*{ledger.name}.schema*.backup*") if ledger.parent.is_dir() else ()
    wanted = re.compile(rf"\.?{re.escape(ledger.name)}{BACKUP.pattern}(\.part(-journal)?)?")
    return sorted(path for path in names if wanted.fullmatch(path.name))


def backup_of(ledger: Path, schema: int) -> Path:
    """Say where the backup lies that is made before a ledger leaves this schema."""
    return ledger.with_name(f"{ledger.name}.schema{schema}.backup")


def back_up(ledger: Path, schema: int) -> Path:
    """Copy a ledger while nobody else can write it. Raises LedgerError where there is no room or right for it."""
    target = backup_of(ledger, schema)
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        _copy(ledger, part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, sqlite3.DatabaseError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise
        size = ledger.stat().st_size / 1e6
        raise LedgerError(
            f"the ledger {ledger} is copied before its schema changes, and {target.parent} does not take that copy: "
            f"make room for {size:.0f} MB there"
        ) from error
    return target


def _copy(ledger: Path, target: Path) -> None:
    reading = f"{ledger.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(reading, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # it is synced below, once
        source.backup(copy)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
