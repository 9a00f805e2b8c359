"""Amazon's messages are read whole or not at all."""

import zlib
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.exchange import UnreadableExchange
from proxy.framing import Part, amazon
from proxy.framing.amazon import AmazonEventStream
from proxy.framing.parts import MAX_EVENT_BYTES
from tests.proxy.amazon import event, exception, message
from tests.proxy.framing.cutting import bytewise, parts, pieces

# Source of the types: botocore 1.44.8, `eventstream.py`.
ODD_HEADERS = b"".join(
    b"\x01h" + bytes([kind]) + value
    for kind, value in [
        *((0, b""), (1, b""), (2, b"\7"), (3, b"\7" * 2), (4, b"\7" * 4), (5, b"\7" * 8)),
        *((6, pack(">H", 3) + b"raw"), (8, b"\7" * 8), (9, b"\7" * 16)),
    ]
)
STREAM = event("messageStart", b'{"role":"assistant"}') + event("messageStop", b"{}")

STREAMS = [
    pytest.param(STREAM, [Part(b'{"role":"assistant"}', "messageStart"), Part(b"{}", "messageStop")], id="events"),
    pytest.param(event("metadata", b""), [Part(b"", "metadata")], id="no payload"),
    pytest.param(message(b"{}", {}), [Part(b"{}")], id="no headers"),
    pytest.param(message(b"{}", {":event-type": "e"}, ODD_HEADERS), [Part(b"{}", "e")], id="headers of each type"),
    pytest.param(
        exception("throttlingException", b'{"message":"slow"}'),
        [Part(b'{"message":"slow"}', "throttlingException", failed=True)],
        id="an exception",
    ),
    pytest.param(
        message(b"", {":message-type": "error", ":error-code": "500", ":error-message": "gone"}),
        [Part(b"", "500", failed=True)],
        id="an error",
    ),
    pytest.param(STREAM[:-1], [Part(b'{"role":"assistant"}', "messageStart")], id="cut"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("body", "events"), STREAMS)
def test_each_message_is_a_part(body: bytes, events: list[Part]) -> None:
    """Whole and a byte at a time."""
    assert parts(AmazonEventStream(), body) == parts(AmazonEventStream(), *bytewise(body)) == events


@pytest.mark.parametrize("place", range(len(event("e", b"{}"))))
def test_a_message_with_a_wrong_byte_is_refused(place: int) -> None:
    """Each byte is under a checksum."""
    broken = bytearray(event("e", b"{}"))
    broken[place] ^= 1
    for fed in ([bytes(broken)], bytewise(bytes(broken))):
        with pytest.raises(UnreadableExchange, match="broken"):
            parts(AmazonEventStream(), *fed)


def test_what_came_before_a_broken_message_is_given() -> None:
    """The reader gives up afterwards."""
    stream = AmazonEventStream().feed(event("e", b"{}") + b"\0" * 12)
    assert next(stream) == Part(b"{}", "e")
    with pytest.raises(UnreadableExchange, match="prelude"):
        next(stream)


def opened(size: int, headers_size: int) -> bytes:
    """Give a message's prelude."""
    sizes = pack(">II", size, headers_size)
    return sizes + pack(">I", zlib.crc32(sizes))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(b"\x05abc", id="in a name"),
        pytest.param(b"\x01h", id="without a type"),
        pytest.param(b"\x01h\x07\0", id="in a size"),
        pytest.param(b"\x01h\x07\0\x05abc", id="in a text"),
        pytest.param(b"\x01h\x04\0", id="in a number"),
    ],
)
def test_headers_cut_short_are_refused(headers: bytes) -> None:
    """Though the checksum be right."""
    with pytest.raises(UnreadableExchange, match="cut short"):
        parts(AmazonEventStream(), message(b"{}", {}, headers))


@pytest.mark.parametrize(
    ("size", "headers_size"),
    [(0, 0), (15, 0), (16, 1), (1 << 20, amazon.MAX_HEADERS_BYTES + 1)],
)
def test_a_message_that_is_not_as_long_as_its_parts_is_refused(size: int, headers_size: int) -> None:
    """Before any of it is held."""
    with pytest.raises(UnreadableExchange, match="not as long"):
        parts(AmazonEventStream(), opened(size, headers_size))


def test_a_message_is_bounded() -> None:
    """The prelude says how long it will be."""
    with pytest.raises(UnreadableExchange, match="too large"):
        parts(AmazonEventStream(), opened(MAX_EVENT_BYTES + 1, 0))
    assert parts(AmazonEventStream(), opened(MAX_EVENT_BYTES, 0)) == []


def read(*fed: bytes) -> list[Part] | str:
    try:
        return parts(AmazonEventStream(), *fed)
    except UnreadableExchange as fault:
        return str(fault)


fragments = st.sampled_from([event("e", b"{}"), exception("x", b""), opened(1 << 30, 0), event("f", b"1")[:20], b"\0"])


@settings(deadline=None)
@given(
    body=st.lists(fragments | st.binary(max_size=20), max_size=6).map(b"".join),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_messages_do_not_depend_on_how_bytes_come(body: bytes, cuts: list[int]) -> None:
    """Any bytes, in any split: the same parts, or the same refusal."""
    assert read(*pieces(body, cuts)) == read(*bytewise(body)) == read(body)
