"""Compresses bodies as clients and assistants do, for the tests of codings and dialects."""

import gzip
import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def two_members(data: bytes) -> bytes:
    middle = len(data) // 2
    return gzip.compress(data[:middle]) + gzip.compress(data[middle:])


def two_frames(data: bytes) -> bytes:
    middle = len(data) // 2
    return bytes(zstandard.compress(data[:middle]) + zstandard.compress(data[middle:]))


# By what it is; each with the content-encoding that it goes under.
COMPRESSED: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "gzip members": ("x-gzip", two_members),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("Deflate", raw_deflate),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "zstd frames": ("zstd", two_frames),
    "stacked": ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
}
