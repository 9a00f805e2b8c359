"""Where writes wait while the ledger cannot take them: files beside it, encrypted, appended to and read in order.

A record is there as soon as `append` returns, whoever is killed after that (a power cut may cost the last ones, as it
may in the ledger). A record that was cut off by a kill is recognised and dropped: nobody was told that it is stored.
Each proxy has a file of its own, held by a lock. Leaves out what the records say (`spooling.py`) and how far they have
been entered, which the ledger itself remembers.
"""

import fcntl
import hmac
import os
import re
import secrets
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"assayspool1\n"
NAME_BYTES, CHECK_BYTES, NONCE_BYTES = 16, 16, 12
BEGIN = len(MAGIC) + NAME_BYTES + CHECK_BYTES  # where the first record stands
_FRAME = struct.Struct(">IHI")  # bytes that follow, calls that are entered by it, checksum of both
FRAMES_AT_A_TIME = 24  # an answer may wait as long as these take
BYTES_AT_A_TIME = 4 * 1024 * 1024  # of records read at a time, and one more


class SpoolFull(Exception):  # noqa: N818 - it says what the spool is
    """The cap is reached."""


class OtherKey(Exception):  # noqa: N818 - it says what is wrong with the file
    """The file was written with another key."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record read: what was appended, or None where the file was damaged there."""

    content: bytes | None = field(repr=False)
    calls: int
    end: int  # the position behind it


class Spool:
    """One file, held by this process until it is closed. Raises OSError where the disk refuses."""

    def __init__(self, path: Path, descriptor: int, secret: bytes) -> None:
        self.path = path
        self.name = ""  # "": nothing was written yet
        self.damaged = False  # some of it could not be read when it was opened
        self._descriptor = descriptor
        self._secret = secret
        self._cipher = AESGCM(secret)
        self._end = 0
        self._held = 0  # calls that were appended, whether they can be read or not
        self._open()

    @staticmethod
    def hold(path: Path, secret: bytes) -> "Spool | None":
        """Open or make a spool and lock it. None: another process holds it. Raises OtherKey."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same(descriptor, path):
                    return Spool(path, descriptor, secret)
            except BlockingIOError:
                os.close(descriptor)
                return None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # it was deleted between the two steps

    @property
    def size(self) -> int:
        return self._end

    def append(self, records: Sequence[tuple[bytes, int]], cap: int) -> None:
        """Store records, each with the number of calls that it enters: all of them or none. Raises SpoolFull."""
        self._keep_place()
        begun = self._end == 0
        if begun:
            self.name = secrets.token_hex(NAME_BYTES)
        frames = bytearray(self._head() if begun else b"")
        for content, calls in records:
            frames += self._sealed(content, calls, self._end + len(frames))
        try:
            _check(self._end + len(frames), cap)
            _write(self._descriptor, frames, self._end)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(frames)
        self._held += sum(calls for _, calls in records)

    def read(self, position: int) -> list[Record]:
        """Give some records from a position on, in order. Empty: there are no more."""
        found: list[Record] = []
        begin = at = max(position, BEGIN)
        while len(found) < FRAMES_AT_A_TIME and at - begin < BYTES_AT_A_TIME and (frame := self._frame(at)):
            length, calls = frame
            sealed = os.pread(self._descriptor, length, at + _FRAME.size)
            try:
                nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
                content: bytes | None = self._cipher.decrypt(nonce, rest, self._place(at))
            except (InvalidTag, ValueError):
                content = None
            at += _FRAME.size + length
            found.append(Record(content, calls, at))
        return found

    def empty(self) -> None:
        """Throw all records away. What is appended next has another name."""
        os.ftruncate(self._descriptor, 0)
        self.name, self._end, self._held = "", 0, 0

    def set_aside(self) -> int:
        """Keep a copy of what cannot be read to its end; give how many calls are out of reach."""
        _set_aside(self._descriptor, self.path)
        return self._held - self.calls(BEGIN)

    def close(self) -> None:
        """Let go of the file; an empty one is deleted."""
        if self._end == 0:
            with suppress(OSError):
                if _same(self._descriptor, self.path):
                    self.path.unlink()
        os.close(self._descriptor)

    def calls(self, position: int) -> int:
        """Count the calls that wait behind a position."""
        count, at = 0, max(position, BEGIN)
        while frame := self._frame(at):
            count += frame[1]
            at += _FRAME.size + frame[0]
        return count

    def _open(self) -> None:
        """Read the head, and drop what was cut off at the end."""
        head = os.pread(self._descriptor, BEGIN, 0)
        if len(head) < BEGIN:
            os.ftruncate(self._descriptor, 0)
            return
        self.name = head[len(MAGIC) : -CHECK_BYTES].hex()
        if head != self._head():
            raise OtherKey
        at = BEGIN
        self._end = os.fstat(self._descriptor).st_size
        while frame := self._frame(at):
            at += _FRAME.size + frame[0]
        self.damaged = self._garbled(at)
        if self.damaged:
            _set_aside(self._descriptor, self.path)
        os.ftruncate(self._descriptor, at)
        self._end = at
        self._held = self.calls(BEGIN)

    def _garbled(self, at: int) -> bool:
        """Tell damage from a record that was cut off, whose frame is sound as far as it goes."""
        frame = os.pread(self._descriptor, _FRAME.size, at)
        if len(frame) < _FRAME.size:
            return False
        length, calls, checksum = _FRAME.unpack(frame)
        return bool(checksum != _checksum(length, calls))

    def _frame(self, at: int) -> tuple[int, int] | None:
        """Read a record's length and calls. None: no whole record stands there."""
        frame = os.pread(self._descriptor, _FRAME.size, at)
        if len(frame) < _FRAME.size:
            return None
        length, calls, checksum = _FRAME.unpack(frame)
        sound = checksum == _checksum(length, calls) and at + _FRAME.size + length <= self._end
        return (length, calls) if sound else None

    def _sealed(self, content: bytes, calls: int, at: int) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, content, self._place(at))
        return _FRAME.pack(len(sealed), calls, _checksum(len(sealed), calls)) + sealed

    def _place(self, at: int) -> bytes:
        """Bind a record to its file and position, so that none can be moved."""
        return bytes.fromhex(self.name) + at.to_bytes(8, "big")

    def _head(self) -> bytes:
        name = bytes.fromhex(self.name)
        return MAGIC + name + hmac.digest(self._secret, MAGIC + name, "sha256")[:CHECK_BYTES]

    def _keep_place(self) -> None:
        """Where the file was deleted under us, write it again under its name."""
        if _same(self._descriptor, self.path):
            return
        content = os.pread(self._descriptor, self._end, 0)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(descriptor, content, 0)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(self._descriptor)
        self._descriptor = descriptor


def spool_names(ledger: Path) -> Iterator[Path]:
    """Name the spools that proxies of a ledger take, without end."""
    first = ledger.with_name(ledger.name + ".spool")
    yield first
    number = 2
    while True:
        yield first.with_name(f"{first.name}.{number}")
        number += 1


def spools_of(ledger: Path) -> list[Path]:
    """List the spools that lie beside a ledger, whoever holds them."""
    wanted = re.compile(re.escape(ledger.name) + r"\.spool(\.\d+)?")
    if not ledger.parent.is_dir():
        return []
    return sorted(path for path in ledger.parent.iterdir() if wanted.fullmatch(path.name))


def _check(size: int, cap: int) -> None:
    if size > cap:
        raise SpoolFull


def _checksum(length: int, calls: int) -> int:
    return zlib.crc32(struct.pack(">IH", length, calls))


def _write(descriptor: int, content: bytes | bytearray, at: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _set_aside(descriptor: int, path: Path) -> None:
    """Keep a copy of a damaged file: what stands behind the damage is not counted, and not thrown away."""
    aside = os.open(
        path.with_name(f"{path.name}-broken-{secrets.token_hex(4)}"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
    )
    try:
        _write(aside, os.pread(descriptor, os.fstat(descriptor).st_size, 0), 0)
    finally:
        os.close(aside)
