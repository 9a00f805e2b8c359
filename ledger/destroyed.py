"""Counts the calls that damage to a ledger's file destroys, by how many it should hold.

SQLite hands ids out in their order: the highest, less what was deleted on purpose (table `removed`), is how many there
are. Both numbers are repeated in a file beside the ledger, which says so when the ledger itself no longer can: they are
written after a call is committed and before a deletion is, so that a process that is killed makes nothing look lost.
A server keeps its own rows, and is left out.
"""

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from ledger.address import Place
from ledger.files import FILE_MODE
from ledger.records import utc
from ledger.sql import Connection, writing

WHY = "the ledger was damaged or deleted"
_NUMBER = struct.Struct(">QI")  # with its checksum
_NEWEST_AT, _REMOVED_AT = 0, _NUMBER.size


def numbers_of(ledger: Path) -> Path:
    """Say where the numbers are repeated."""
    return ledger.with_name(ledger.name + ".calls")


def note_newest(ledger: Place, call_id: int) -> None:
    """Repeat the id of the newest call, once it is committed. Never raises: what is not noted is not missed."""
    _note(ledger, _NEWEST_AT, call_id)


def newest_call(connection: Connection) -> int:
    """Give the highest id of a call; 0: there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()[0])


def count_removed(connection: Connection, ledger: Place, calls: int, newest_before: int) -> None:
    """Keep count of calls that were deleted on purpose, within the transaction that deletes them.

    `newest_before`: the highest id before that. What lies above the highest that is left will be handed out again.
    """
    if not isinstance(ledger, Path):
        return
    newest = newest_call(connection)
    connection.execute("UPDATE removed SET calls = calls + ?", (calls - newest_before + newest,))
    if newest < newest_before:
        note_newest(ledger, newest)
    _note(ledger, _REMOVED_AT, _held(connection)[1])


def count_destroyed(connection: Connection, ledger: Place, now: float) -> None:
    """Enter into `lost` the calls that the ledger should hold and does not, when it is opened. `now`: Unix seconds."""
    if not isinstance(ledger, Path) or _missing(connection, ledger) == 0:
        return
    with writing(connection):
        if missing := _missing(connection, ledger):  # again, now that nobody else writes
            _lose(connection, missing, now)
        _note_both(ledger, *_held(connection))


def count_unrecovered(connection: Connection, ledger: Path, now: float) -> int:
    """Enter into `lost` what a repair could not recover, row by row; give how many calls. `ledger`: the broken one."""
    newest, removed = _held(connection)
    calls = int(connection.execute("SELECT count(*) FROM calls").fetchone()[0])
    entered, deleted = _noted(ledger) or (newest, removed)
    missing = max(0, entered - deleted - calls)
    with writing(connection):
        connection.execute("UPDATE removed SET calls = ?", (newest - calls,))
        if missing:
            _lose(connection, missing, now)
    _note_both(ledger, newest, newest - calls)
    return missing


def _missing(connection: Connection, ledger: Path) -> int | None:
    """Tell how many calls the ledger lacks. None: nothing is noted of it."""
    if (noted := _noted(ledger)) is None:
        return None
    newest, removed = _held(connection)
    return max(0, noted[0] - noted[1] - (newest - removed))


def _held(connection: Connection) -> tuple[int, int]:
    (removed,) = connection.execute("SELECT coalesce(sum(calls), 0) FROM removed").fetchone()
    return newest_call(connection), int(removed)


def _lose(connection: Connection, calls: int, now: float) -> None:
    connection.execute("INSERT INTO lost (at, calls, why) VALUES (?, ?, ?)", (utc(now), calls, WHY))


def _noted(ledger: Path) -> tuple[int, int] | None:
    try:
        content = numbers_of(ledger).read_bytes()
    except OSError:
        return None
    if len(content) != 2 * _NUMBER.size:
        return None
    (newest, first), (removed, second) = _NUMBER.iter_unpack(content)
    return (newest, removed) if (first, second) == (_checksum(newest), _checksum(removed)) else None


def _note_both(ledger: Path, newest: int, removed: int) -> None:
    _note(ledger, _NEWEST_AT, newest)
    _note(ledger, _REMOVED_AT, removed)


def _note(ledger: Place, at: int, number: int) -> None:
    if not isinstance(ledger, Path):
        return
    with suppress(OSError):
        descriptor = os.open(numbers_of(ledger), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            os.pwrite(descriptor, _NUMBER.pack(number, _checksum(number)), at)
        finally:
            os.close(descriptor)


def _checksum(number: int) -> int:
    return zlib.crc32(number.to_bytes(8, "big"))
