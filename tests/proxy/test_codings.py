"""Bodies come out of their codings as they went in, piecewise and within bounds."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import nullcontext, suppress

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.codings import Decoder, decode
from proxy.exchange import UnreadableExchange
from tests.proxy.compressing import COMPRESSED

MIB = 1 << 20
TEXT = b"Weigh the two offers, and say which is worth more. " * 40
codings = pytest.mark.parametrize(("coding", "compress"), COMPRESSED.values(), ids=COMPRESSED)
compressed = pytest.mark.parametrize(("coding", "compress"), list(COMPRESSED.values())[1:], ids=list(COMPRESSED)[1:])


@codings
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_a_body_comes_out_as_it_went_in(coding: str, compress: Callable[[bytes], bytes], piece: int) -> None:
    """However it is cut."""
    body, decoder = compress(TEXT), Decoder(coding, len(TEXT))
    pieces = [body[i : i + piece] for i in range(0, len(body), piece)]
    assert b"".join(plain for each in pieces for plain in decoder.feed(each)) == TEXT
    assert decoder.whole


@codings
def test_one_byte_over_the_cap_is_refused(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """The cap is exact, with or without a coding."""
    assert decode(coding, compress(TEXT), len(TEXT)) == TEXT
    with pytest.raises(UnreadableExchange, match="too large"):
        decode(coding, compress(TEXT), len(TEXT) - 1)


@compressed
def test_a_cut_body_is_refused_as_a_whole(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """A part of a request is no request."""
    with pytest.raises(UnreadableExchange, match="cut off"):
        decode(coding, compress(TEXT)[:-1], MIB)


@compressed
def test_no_bytes_are_no_compressed_body(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """Even an empty text has a frame."""
    assert decode(coding, compress(b""), MIB) == b""
    with pytest.raises(UnreadableExchange, match="cut off"):
        decode(coding, b"", MIB)


@compressed
def test_what_is_not_so_compressed_is_refused(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """Neither plain text, nor anything behind the end."""
    for body in (b"\xff\xfe no such body", compress(TEXT) + b"\xff and more"):
        with pytest.raises(UnreadableExchange) as refusal:
            decode(coding, body, MIB)
        assert refusal.value.__cause__ is None
        assert "more" not in str(refusal.value)


def test_bytes_behind_the_end_are_refused_when_they_come_later() -> None:
    """The stream has ended at the piece before."""
    decoder = Decoder("deflate", MIB)
    assert list(decoder.feed(zlib.compress(TEXT)))
    with pytest.raises(UnreadableExchange, match="follow"):
        list(decoder.feed(b"x"))


def test_a_stream_yields_what_has_come() -> None:
    """An answer that its client left early is read as far as it went."""
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    decoder = Decoder("gzip", MIB)
    assert list(decoder.feed(compressor.compress(TEXT) + compressor.flush(zlib.Z_SYNC_FLUSH))) == [TEXT]
    assert not decoder.whole


@pytest.mark.parametrize("coding", ["compress", "gzip;q=1", "gzip, gzip, gzip, gzip", "gzip," * 9, "ünknown"])
def test_an_unknown_coding_is_refused(coding: str) -> None:
    """So is a higher stack than anybody needs."""
    with pytest.raises(UnreadableExchange, match="content-encoding"):
        Decoder(coding, MIB)


@pytest.mark.parametrize("coding", ["", "identity", " Identity , "])
def test_no_coding_passes_bytes_as_they_are(coding: str) -> None:
    """Decoding costs nothing then."""
    assert list(Decoder(coding, MIB).feed(TEXT)) == [TEXT]


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("br", lambda data: brotli.compress(data, quality=3), id="brotli"),
        pytest.param("zstd", zstandard.compress, id="zstd"),
    ],
)
def test_a_bomb_costs_its_cap_and_one_slice(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """80 MiB of nothing never lie in memory at once."""
    bomb, cap = compress(bytes(80 * MIB)), 4 * MIB
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableExchange, match="too large"):
            decode(coding, bomb, cap)
        assert tracemalloc.get_traced_memory()[1] < cap + 2 * 16 * MIB  # a slice, and the copy that joins it
    finally:
        tracemalloc.stop()


def test_a_window_larger_than_http_allows_is_refused() -> None:
    """Its memory would be reserved before the first byte comes out."""
    for window_log, refused in ((23, False), (24, True)):
        parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
        compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        body = compressor.compress(TEXT) + compressor.flush()
        with pytest.raises(UnreadableExchange, match="content-encoding") if refused else nullcontext():
            assert decode("zstd", body, MIB) == TEXT


@settings(deadline=None)
@given(coding=st.sampled_from([coding for coding, _ in COMPRESSED.values()]), body=st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(coding: str, body: bytes) -> None:
    """Nothing else can happen."""
    with suppress(UnreadableExchange):
        decode(coding, body, 10_000)
