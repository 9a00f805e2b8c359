"""The keys of a ledger, in a file beside it, never in it: without the file its digests lead back to nobody.

One key stays, for what must hold for years: fingerprints of API keys in a teams file. All that stands for a person has
the key of its period, so that nobody is followed for longer, and a destroyed key ends what can be led back.
"""

import os
import secrets
import stat
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import LedgerError
from ledger.files import FILE_MODE, is_open_to_others, make_folder
from ledger.pseudonyms import Key
from ledger.ring import DEFAULT_WEEKS, KEY_BYTES, NewerRing, NoKey, Ring, UnreadableRing, begin_of, week_of

__all__ = ["Keys", "NoKey", "Serving", "key_file"]

MAX_BYTES = 64 * 1024  # of a key file


@dataclass(frozen=True, slots=True)
class Serving:
    """The key that serves a time, and from when to when it does."""

    key: Key = field(repr=False)
    since: str  # "": the oldest that is kept, which serves all times before it too
    until: str  # the next period's beginning


def key_file(ledger: Path) -> Path:
    """Say where a ledger's keys lie."""
    return ledger.with_name(ledger.name + ".key")


class Keys:
    """A ring of keys and its file. A time is the ledger's text or Unix seconds; its repr shows no key.

    What another process writes into the file counts at once; while the file cannot be read, what it last said counts.
    """

    def __init__(self, ring: Ring, path: Path | None = None) -> None:
        """`path` is None for keys that are kept nowhere."""
        self._path = path
        self._ring = ring
        self._state: tuple[int, int, int] | None = None
        self._serving: dict[int, Serving] = {}

    @staticmethod
    def load_or_create(path: Path, weeks: int | None = None, now: float | None = None) -> "Keys":
        """Read a key file, or make one with new random keys where there is none.

        `weeks` are those of a period, from next Monday on where the file says otherwise; None: as the file says. The
        single key of an older Assay becomes a ring. Raises LedgerError for a file that others can read, that holds no
        keys, or that cannot be read or made.
        """
        week = week_of(clock.time() if now is None else now)
        with _said_of(path):
            if not path.exists():
                _create(path, Ring.new(week, weeks or DEFAULT_WEEKS))
            content = _read(path)
            ring = _brought(content, path, weeks, week)
            if ring.write() != content:
                ring = _rewritten(path, weeks, week, ring)
        return Keys(ring, path)

    @property
    def stable(self) -> Key:
        """The key that stays."""
        return Key(self._ring.stable)

    def at(self, time: str | float) -> Key:
        """Give the key of a time's period. Raises NoKey for a time before the oldest period that is kept."""
        self._look()
        return Key(self._ring.key(week_of(time)))

    def serving(self, time: str | float) -> Serving:
        """Give the key of a time's period, and the oldest one for a time before it."""
        self._look()
        week = max(week_of(time), self._ring.oldest)
        if (serving := self._serving.get(week)) is None:
            begin, end = self._ring.period(week)
            since = "" if begin == self._ring.oldest else begin_of(begin)
            serving = self._serving[week] = Serving(Key(self._ring.key(week)), since, begin_of(end))
        return serving

    def period(self, time: str | float) -> tuple[str, str]:
        """Say when a time's period begins, and when the next one does. Raises NoKey."""
        self._look()
        begin, end = self._ring.period(week_of(time))
        return begin_of(begin), begin_of(end)

    def retained(self, now: float | None = None) -> list[str]:
        """Give the beginnings of the periods up to now whose keys are kept, oldest first."""
        self._look()
        begins, week, last = [], self._ring.oldest, week_of(clock.time() if now is None else now)
        while week <= last:
            begins.append(begin_of(week))
            _, week = self._ring.period(week)
        return begins

    def persons(self, name: str, now: float | None = None) -> tuple[str, ...]:
        """Give a person's pseudonyms of the periods whose keys are kept, oldest first."""
        return tuple(self.at(begin).digest("person", name) for begin in self.retained(now))

    def destroy_before(self, time: str | float) -> bool:
        """Destroy the keys of the periods that ended by then, for ever; tell whether there was one.

        Raises LedgerError where the file cannot be written.
        """
        if self._path is None:
            kept = self._ring.without(week_of(time))
        else:
            with _said_of(self._path), _locked(self._path):
                ring = _ring(_read(self._path), self._path)
                kept = ring.without(week_of(time))
                if kept != ring:
                    _replace(self._path, kept)
        destroyed = kept.oldest != self._ring.oldest
        self._take(kept)
        return destroyed

    def _look(self) -> None:
        """Take what another process has written since."""
        if self._path is None or (state := _state(self._path)) in (None, self._state):
            return
        self._state = state
        with suppress(OSError, LedgerError):
            self._take(_ring(_read(self._path), self._path))

    def _take(self, ring: Ring) -> None:
        self._serving = {}
        self._ring = ring


def _state(path: Path | None) -> tuple[int, int, int] | None:
    """Tell a file's state, which every rewriting changes. None: there is no telling."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None


def _brought(content: bytes, path: Path, weeks: int | None, week: int) -> Ring:
    """Read the ring of a file's content, as it should be from now on."""
    if len(content) == KEY_BYTES and not content.startswith(b"{"):  # not the beginning of a ring, cut off
        return Ring.of_single(content, week, weeks or DEFAULT_WEEKS)
    ring = _ring(content, path)
    return ring if weeks is None else ring.in_rhythm(weeks, week)


def _rewritten(path: Path, weeks: int | None, week: int, read: Ring) -> Ring:
    """Bring the file to what it should be, and give it. Where it cannot be written, that waits for another start."""
    try:
        with _locked(path):
            ring = _brought(content := _read(path), path, weeks, week)  # again: another process may have done it
            if ring.write() != content:
                _replace(path, ring)
    except OSError:
        return read
    return ring


def _ring(content: bytes, path: Path) -> Ring:
    try:
        return Ring.read(content)
    except NewerRing:
        raise LedgerError(
            f"the key file {path} was made by a newer Assay: upgrade Assay, or choose another --db"
        ) from None
    except UnreadableRing:
        raise LedgerError(
            f"the key file {path} holds no keys of Assay's: restore it from a backup, or delete it, and everybody gets "
            "a new pseudonym"
        ) from None


def _read(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LedgerError(f"the key file {path} is no file: name another one")
    if is_open_to_others(path):
        raise LedgerError(f"the key file {path} can be read by others: take their rights away (chmod 600 {path})")
    with path.open("rb") as file:
        return file.read(MAX_BYTES)


def _create(path: Path, ring: Ring) -> None:
    """Link the whole file into place: no reader sees half of it, and the first of two makers wins."""
    make_folder(path.parent)
    with _aside(path, ring) as aside, suppress(FileExistsError):
        os.link(aside, path)


def _replace(path: Path, ring: Ring) -> None:
    """Put a new file in the old one's place: a crash leaves the one or the other."""
    with _aside(path, ring) as aside:
        aside.replace(path)


@contextmanager
def _aside(path: Path, ring: Ring) -> Iterator[Path]:
    """Write a file beside the one that is meant, for the block to put in place; then make the disk remember it."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(ring.write())
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        aside.unlink(missing_ok=True)
    with _folder(path) as folder:
        os.fsync(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from rewriting the file. The lock is its folder's: the file itself is replaced."""
    import fcntl  # on Unix alone

    with _folder(path) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn the system's refusals inside the block into LedgerError."""
    try:
        yield
    except OSError as error:
        raise LedgerError(
            f"the key file {path} cannot be read or made ({(error.strerror or 'unknown').lower()}): "
            "change its permissions, or name another file"
        ) from error
