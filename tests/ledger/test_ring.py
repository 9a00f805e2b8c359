"""Keys by period: what a ring leads to, and what it no longer does."""

import hashlib
import hmac
import json

import pytest

from ledger.ring import NewerRing, NoKey, Ring, UnreadableRing, begin_of, week_of

MONDAY = "2026-11-23T00:00:00.000Z"
WEEK = week_of(MONDAY)


def ring(weeks: int = 4) -> Ring:
    return Ring.new(WEEK, weeks)


def test_weeks_begin_on_monday_at_midnight_utc() -> None:
    """A millisecond before it is still the week before, however the time is given."""
    assert begin_of(WEEK) == MONDAY
    assert week_of("2026-11-29T23:59:59.999Z") == WEEK
    assert week_of("2026-11-30T00:00:00.000Z") == week_of("2026-11-30T02:00:00+02:00") == WEEK + 1
    assert week_of(1795392000.0) == week_of("2026-11-23T00:00:00.000Z")
    assert week_of(1795391999.9) == WEEK - 1
    assert week_of(0.0) == week_of("1969-12-29T00:00:00.000Z") == -1


def test_a_period_has_one_key_and_the_next_another() -> None:
    """It has so many weeks, from the ring's first on."""
    made = ring(weeks=4)
    assert made.period(WEEK) == made.period(WEEK + 3) == (WEEK, WEEK + 4)
    assert made.period(WEEK + 4) == (WEEK + 4, WEEK + 8)
    assert made.key(WEEK) == made.key(WEEK + 3)
    assert len({made.key(WEEK + 4 * number) for number in range(12)}) == 12


def test_keys_follow_one_another_by_keyed_hashes() -> None:
    """The way is fixed for ever: hosts of different versions must agree."""
    made = ring(weeks=2)
    key = made.key(WEEK)
    for _ in range(2):
        key = hmac.new(key, b"next", hashlib.sha256).digest()
    assert made.key(WEEK + 2) == key


def test_there_is_no_key_before_the_first_one() -> None:
    with pytest.raises(NoKey):
        ring().key(WEEK - 1)
    with pytest.raises(NoKey):
        ring().period(WEEK - 1)


def test_a_destroyed_key_is_in_the_ring_no_more_and_later_ones_stay() -> None:
    """Neither in what is written nor in what is to be found from it."""
    made = ring(weeks=4)
    old, later = made.key(WEEK), [made.key(WEEK + number) for number in range(4, 60)]
    kept = made.without(WEEK + 6)
    assert kept.oldest == WEEK + 4
    assert [kept.key(WEEK + number) for number in range(4, 60)] == later
    assert old.hex() not in kept.write().decode()
    with pytest.raises(NoKey):
        kept.key(WEEK + 3)
    assert kept.without(WEEK + 7) == kept == kept.without(WEEK - 5)
    assert kept.stable == made.stable


def test_another_rhythm_begins_next_monday() -> None:
    """What is past stays as it was, and no week is cut in two."""
    made = ring(weeks=4)
    changed = made.in_rhythm(2, WEEK + 5)
    assert changed.weeks == 2
    assert changed.period(WEEK + 3) == (WEEK, WEEK + 4)
    assert changed.period(WEEK + 5) == (WEEK + 4, WEEK + 6)
    assert changed.period(WEEK + 6) == (WEEK + 6, WEEK + 8)
    assert changed.period(WEEK + 9) == (WEEK + 8, WEEK + 10)
    assert changed.key(WEEK + 5) == made.key(WEEK + 5)
    assert changed.in_rhythm(2, WEEK + 5) == changed == changed.in_rhythm(2, WEEK + 50)


def test_a_change_that_is_taken_back_in_its_week_was_none() -> None:
    made = ring(weeks=4)
    assert made.in_rhythm(2, WEEK + 5).in_rhythm(4, WEEK + 5) == made
    assert made.in_rhythm(2, WEEK + 5).in_rhythm(1, WEEK + 5) == made.in_rhythm(1, WEEK + 5)


def test_destroying_keeps_the_rhythm_and_its_changes() -> None:
    made = ring(weeks=4).in_rhythm(2, WEEK + 5)
    for week in range(WEEK + 4, WEEK + 12):
        kept = made.without(week)
        assert [kept.period(each) for each in range(week, WEEK + 20)] == [
            made.period(each) for each in range(week, WEEK + 20)
        ]


def test_the_single_key_of_old_becomes_the_first_and_leads_to_no_later_one() -> None:
    """It stays for what was made with it, so that later keys must not follow from it."""
    made = Ring.of_single(b"k" * 32, WEEK, 4)
    assert made.stable == made.key(WEEK) == made.key(WEEK + 3) == b"k" * 32
    key, followed = b"k" * 32, []
    for _ in range(20):
        followed.append(key)
        key = hmac.new(key, b"next", hashlib.sha256).digest()
    assert made.key(WEEK + 4) not in followed
    assert made.without(WEEK + 4).key(WEEK + 8) == made.key(WEEK + 8)


@pytest.mark.parametrize("made", [ring(), Ring.of_single(b"k" * 32, WEEK, 52), ring(3).in_rhythm(1, WEEK + 9)])
def test_what_is_written_is_read(made: Ring) -> None:
    assert Ring.read(made.write()) == made


def test_no_repr_shows_a_key() -> None:
    assert "kkk" not in repr(Ring.of_single(b"k" * 32, WEEK, 4))


def broken(**changes: object) -> bytes:
    return json.dumps(json.loads(ring().write()) | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 4096,
        b"[]",
        b"{}",
        b"[" * 100_000,
        ring().write()[:-40],
        broken(stable="00"),
        broken(stable=None),
        broken(keys=[]),
        broken(periods=[]),
        broken(periods=[["2026-11-24", 4]]),  # no Monday
        broken(periods=[["2026-11-23", 0]]),
        broken(periods=[["2026-11-23", "4"]]),
        broken(periods=[["2026-11-30", 4]]),  # begins behind the keys
        broken(periods=[["2026-11-23", 4], ["2026-11-23", 2]]),
        broken(**{"assay keys": 0}),
    ],
)
def test_what_is_no_ring_is_told(content: bytes) -> None:
    with pytest.raises(UnreadableRing) as refusal:
        Ring.read(content)
    assert str(refusal.value) == ""
    assert not isinstance(refusal.value, NewerRing)


def test_a_newer_ring_is_told() -> None:
    with pytest.raises(NewerRing):
        Ring.read(b'{"assay keys": 2, "more": []}')


@pytest.mark.parametrize("weeks", [0, 53, -1])
def test_a_period_has_a_week_at_least_and_a_year_at_most(weeks: int) -> None:
    with pytest.raises(ValueError, match="1 to 52"):
        ring(weeks)
    with pytest.raises(ValueError, match="1 to 52"):
        ring().in_rhythm(weeks, WEEK)
    with pytest.raises(ValueError, match="1 to 52"):
        Ring.of_single(b"k" * 32, 0, weeks)
