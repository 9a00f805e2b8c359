"""Undoes the content codings of a body piecewise and within bounds: gzip, deflate, br, zstd, and stacks of them.

Input is fed to the decompressors in slices so small that one slice can't yield more than about 16 MiB, because not
every library can stop in the middle of one. So a bomb costs at most its cap and one slice's yield.
Leaves out what the bytes mean (`framing.py`).
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import brotli
import zstandard

from proxy.exchange import UnreadableExchange

MAX_STACKED = 3  # codings on one body; nobody sends two, but RFC 9110 lets them
ZSTD_WINDOW = 8 << 20  # bytes; RFC 9659 lets no zstd content coding need a larger one


class Decompressor(Protocol):
    """One compressed stream. What lies behind its end is `unused_data`."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Brotli:
    """Brotli's decompressor, in the words of zlib's. It refuses what lies behind the end."""

    unused_data = b""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._stream.is_finished())

    def decompress(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data))


class _Deflate:
    """What HTTP calls deflate: zlib's format, or raw deflate from those who took the name by its word."""

    def __init__(self) -> None:
        self._begin = b""
        self._stream: Decompressor | None = None

    @property
    def eof(self) -> bool:
        return self._stream is not None and self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data if self._stream else b""

    def decompress(self, data: bytes) -> bytes:
        if self._stream is None:
            self._begin += data
            if len(self._begin) < 2:
                return b""
            data = self._begin
            # RFC 1950, section 2.2: the method is 8, and the first two bytes are a multiple of 31.
            headed = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
        return self._stream.decompress(data)


@dataclass(frozen=True, slots=True)
class _Coding:
    """How one coding is undone. `slice_bytes` of input yield at most about 16 MiB."""

    open: Callable[[], Decompressor]
    slice_bytes: int
    members: bool  # several streams may follow one another: gzip members, zstd frames


def _gzip() -> Decompressor:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _zstd() -> Decompressor:
    stream: Decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
    return stream


# Slices, from the densest that each format can be: deflate 1,032 to 1; brotli 16 MiB a meta-block, whose header alone
# is over 8 bytes (RFC 7932, section 9.2); zstd 128 KiB a block of 4 bytes (RFC 8878, section 3.1.1.2).
_CODINGS = {
    "gzip": _Coding(_gzip, 8 << 10, members=True),
    "x-gzip": _Coding(_gzip, 8 << 10, members=True),
    "deflate": _Coding(_Deflate, 8 << 10, members=False),
    "br": _Coding(_Brotli, 8, members=False),
    "zstd": _Coding(_zstd, 256, members=True),
}


class _Layer:
    """Undoes one coding, and counts what comes out."""

    def __init__(self, coding: _Coding, max_bytes: int) -> None:
        self._coding = coding
        self._left = max_bytes
        self._stream = coding.open()
        self._begun = False

    @property
    def whole(self) -> bool:
        return self._stream.eof and self._begun

    def undo(self, data: bytes) -> Iterator[bytes]:
        for begin in range(0, len(data), self._coding.slice_bytes):
            yield from self._slice(data[begin : begin + self._coding.slice_bytes])

    def _slice(self, data: bytes) -> Iterator[bytes]:
        self._begun = True
        while data:
            if self._stream.eof:
                if not self._coding.members:
                    raise UnreadableExchange("bytes follow the end of the compressed body")
                self._stream = self._coding.open()
            try:
                plain = self._stream.decompress(data)
            except (zlib.error, brotli.error, zstandard.ZstdError):
                raise UnreadableExchange("the body isn't compressed as its content-encoding says") from None
            self._left -= len(plain)
            if self._left < 0:
                raise UnreadableExchange("the body is too large once decompressed")
            if plain:
                yield plain
            data = self._stream.unused_data if self._stream.eof else b""


class Decoder:
    """Undoes all codings of one body. Without any, bytes pass as they are."""

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        """`max_bytes`: how much each coding may yield. Raises UnreadableExchange for a coding that we don't know."""
        names = [name.strip().lower() for name in content_encoding.split(",", MAX_STACKED + 1)]
        codings = [name for name in names if name not in ("", "identity")]
        if len(codings) > MAX_STACKED or not _CODINGS.keys() >= set(codings):
            raise UnreadableExchange("the content-encoding is not one that we know")
        self._layers = [_Layer(_CODINGS[name], max_bytes) for name in reversed(codings)]

    @property
    def whole(self) -> bool:
        """Every compressed stream has come to its end."""
        return all(layer.whole for layer in self._layers)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Undo the next bytes. Raises UnreadableExchange; what came before stays good."""
        pieces = iter((data,))
        for layer in self._layers:
            pieces = _undone(layer, pieces)
        return pieces


def _undone(layer: _Layer, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from layer.undo(piece)


def decode(content_encoding: str, body: bytes, max_bytes: int) -> bytes:
    """Undo the codings of a whole body. Raises UnreadableExchange, also where its end is missing."""
    if len(body) > max_bytes:
        raise UnreadableExchange("the body is too large to be read")
    decoder = Decoder(content_encoding, max_bytes)
    plain = b"".join(decoder.feed(body))
    if not decoder.whole:
        raise UnreadableExchange("the compressed body was cut off")
    return plain
