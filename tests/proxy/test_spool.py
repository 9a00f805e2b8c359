"""What was appended is read again, in order, whoever was killed; what cannot be read is told from what is not there."""

import random
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from proxy.spool import BEGIN, OtherKey, Spool, SpoolFull, spools_of

SECRET, OTHER = bytes(32), bytes([1]) * 32
CAP = 10_000_000


def held(path: Path, secret: bytes = SECRET) -> Spool:
    spool = Spool.hold(path, secret)
    assert spool is not None
    return spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.db.spool"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(held(path)) as spool:
        yield spool


def contents(spool: Spool) -> list[bytes | None]:
    found, position = [], 0
    while records := spool.read(position):
        found += [record.content for record in records]
        position = records[-1].end
    return found


def three(path: Path) -> list[int]:
    """Leave three records of one call each; give where each ends."""
    with closing(held(path)) as spool:
        spool.append([(f"record {number}".encode(), 1) for number in range(3)], CAP)
        return [record.end for record in spool.read(0)]


def test_records_are_read_in_order_from_any_position(spool: Spool) -> None:
    for number in range(100):
        spool.append([(str(number).encode(), 1), (b"", 0)], CAP)
    assert contents(spool) == [each for number in range(100) for each in (str(number).encode(), b"")]
    assert spool.calls(0) == 100
    third = spool.read(0)[2]
    assert spool.read(third.end)[0].content == b""
    assert spool.calls(third.end) == 98


def test_a_text_of_many_megabytes_is_a_record_like_any(spool: Spool) -> None:
    large = random.Random(3).randbytes(9_000_000)
    spool.append([(large, 1), (b"behind", 1)], CAP)
    assert contents(spool) == [large, b"behind"]


def test_nothing_of_it_can_be_read_without_the_key(path: Path) -> None:
    """Nor by anybody but its owner; nor is it taken for empty by who has another key."""
    with closing(held(path)) as spool:
        spool.append([(b"CANARY", 1)], CAP)
    assert b"CANARY" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(OtherKey):
        Spool.hold(path, OTHER)
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 5, 9, 10, 20, 30])
def test_a_record_that_was_cut_off_is_dropped_and_those_before_it_are_not(path: Path, cut: int) -> None:
    """As kill -9 in mid-write leaves it; what comes next stands in its place."""
    ends = three(path)
    data = path.read_bytes()
    path.write_bytes(data[: ends[1] + cut])
    with closing(held(path)) as spool:
        assert not spool.damaged
        spool.append([(b"next", 1)], CAP)
        assert contents(spool) == [b"record 0", b"record 1", b"next"]


@pytest.mark.parametrize("length", range(0, BEGIN, 7))
def test_a_head_that_was_cut_off_is_an_empty_spool(path: Path, length: int) -> None:
    three(path)
    path.write_bytes(path.read_bytes()[:length])
    with closing(held(path)) as spool:
        assert (spool.size, contents(spool)) == (0, [])


def test_a_flipped_bit_costs_its_own_record(path: Path) -> None:
    """Which is told by its number of calls, and those behind it are read."""
    ends = three(path)
    data = bytearray(path.read_bytes())
    data[ends[0] + 15] ^= 1
    path.write_bytes(data)
    with closing(held(path)) as spool:
        assert contents(spool) == [b"record 0", None, b"record 2"]
        assert [record.calls for record in spool.read(0)] == [1, 1, 1]


def test_where_a_frame_is_damaged_the_rest_is_kept_aside(path: Path) -> None:
    """Nothing of ours is thrown away."""
    ends = three(path)
    data = bytearray(path.read_bytes())
    data[ends[0]] ^= 1
    path.write_bytes(data)
    with closing(held(path)) as spool:
        assert spool.damaged
        assert contents(spool) == [b"record 0"]
    (aside,) = path.parent.glob("*-broken-*")
    assert aside.read_bytes() == data


def test_a_record_that_was_moved_is_not_read(path: Path) -> None:
    """Each is bound to its place."""
    ends = three(path)
    data = path.read_bytes()
    path.write_bytes(data[: ends[0]] + data[ends[1] :])
    with closing(held(path)) as spool:
        assert contents(spool) == [b"record 0", None]


def test_at_the_cap_nothing_is_stored_and_nothing_is_harmed(spool: Spool) -> None:
    spool.append([(b"one", 1)], CAP)
    with pytest.raises(SpoolFull):
        spool.append([(b"two", 1), (bytes(CAP), 1)], CAP)
    spool.append([(b"three", 1)], CAP)
    assert contents(spool) == [b"one", b"three"]


def test_a_spool_has_one_holder(path: Path, spool: Spool) -> None:
    assert Spool.hold(path, SECRET) is None
    other = path.with_name(path.name + ".2")
    with closing(held(other)) as second:
        second.append([(b"x", 0)], CAP)
    assert spools_of(path.with_name("usage.db")) == [path, other]


def test_an_empty_spool_is_deleted_when_it_is_let_go(path: Path) -> None:
    spool = held(path)
    spool.append([(b"x", 1)], CAP)
    name = spool.name
    spool.empty()
    spool.append([(b"y", 1)], CAP)
    assert spool.name != name
    spool.empty()
    spool.close()
    assert not path.exists()


def test_a_spool_that_is_deleted_while_it_is_held_is_written_again(path: Path) -> None:
    with closing(held(path)) as spool:
        spool.append([(b"one", 1)], CAP)
        path.unlink()
        spool.append([(b"two", 1)], CAP)
    with closing(held(path)) as spool:
        assert contents(spool) == [b"one", b"two"]
