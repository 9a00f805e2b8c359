"""Whether a person can have minded a turn."""

import random

from classifiers.attention import EVEN, EVEN_TURNS, MINDED, OFTEN_UNREAD, UNREAD, Attention, attention
from ledger.records import Message, Moment, PendingTurn, utc

START = 1_795_000_000.0
EARLIER = (Message("user", "a"), Message("assistant", "b"))


def moment(number: int, at: float, conversation: str = "c", *, took: float | None = 4.0, **facts: object) -> Moment:
    """Make an earlier turn at so many seconds, answered after `took`; None: not answered."""
    whole = {
        "answered": took is not None,
        "called_at": utc(START + at),
        "streamed": False,
        "ttft_ms": None if took is None else 500.0,
        "duration_ms": None if took is None else took * 1000,
        "output_tokens": 800,
        "response_bytes": 9000,
        **facts,
    }
    return Moment(number, utc(START + at), conversation, **whole)  # type: ignore[arg-type]


def weigh(at: float, *before: Moment, conversation: str = "c", level: int = 3, first: bool = False) -> Attention:
    """Weigh a turn at so many seconds."""
    turn = PendingTurn(99, utc(START + at), "p1", "t", conversation, "and now?", () if first else EARLIER)
    return attention(turn, level, before)


def test_an_answer_of_a_page_is_not_read_in_a_second() -> None:
    """The follow-up keeps most of its worth, as it may have been typed before."""
    found = weigh(5.0, moment(1, 0))
    assert found == Attention(UNREAD, "sent before the answer could have been read")


def test_what_a_fast_person_does_is_nothing() -> None:
    """A glance at a bad answer, a short answer, one that streams by, one that was stopped, failed or has no end."""
    assert weigh(7.5, moment(1, 0)) == Attention()
    assert weigh(4.4, moment(1, 0, output_tokens=30)) == Attention()
    assert weigh(4.2, moment(1, 0, streamed=True)) == Attention()
    assert weigh(3.0, moment(1, 0)) == Attention()
    assert weigh(4.1, moment(1, 0, answered=False)) == Attention()
    assert weigh(4.1, moment(1, 0, took=None)) == Attention()
    assert weigh(4.1, moment(1, 0), conversation="d") == Attention()
    assert weigh(4.1, moment(1, 0), first=True) == Attention()
    assert weigh(4.1) == Attention()


def test_where_tokens_are_not_known_bytes_tell() -> None:
    """Many bytes of a stream to a token."""
    assert weigh(4.5, moment(1, 0, output_tokens=None, response_bytes=200)).factor == 1
    assert weigh(4.5, moment(1, 0, output_tokens=None, response_bytes=9000)).factor == UNREAD


def test_one_who_never_reads_loses_more() -> None:
    """At the third time within the hour."""
    before = [moment(1, 0), moment(2, 4.5), moment(3, 9.2)]
    assert weigh(8.9, *before[:2]).factor == UNREAD
    found = weigh(13.9, *before)
    assert found.factor == OFTEN_UNREAD
    assert "3 times" in str(found.reason)


def test_turns_like_a_clocks_are_a_programs() -> None:
    """Near-constant and short intervals, whatever the conversations."""
    before = [moment(n, 30.0 * n + 0.4 * (n % 2), f"c{n}") for n in range(EVEN_TURNS - 1)]
    found = weigh(30.0 * (EVEN_TURNS - 1), *before, conversation="new", first=True)
    assert found.factor == EVEN
    assert found.reason == "one of 10 turns in a row sent every 30.0 s, as a program sends them"
    assert weigh(30.0 * (EVEN_TURNS - 1) + 15, *before, conversation="new", first=True) == Attention()
    assert weigh(30.0 * (EVEN_TURNS - 1), *before[1:], conversation="new", first=True) == Attention()


def test_turns_that_never_wait_are_a_programs() -> None:
    """Each is sent as the answer before it ends, in a conversation of its own."""
    times, before = 0.0, []
    for number in range(EVEN_TURNS - 1):
        took = 3.0 + number % 4
        before.append(moment(number, times, f"c{number}", took=took))
        times += took + 0.1
    assert weigh(times, *before, conversation="new", first=True).factor == EVEN
    assert weigh(times + 4, *before, conversation="new", first=True, level=1) == Attention()


def test_more_conversations_than_a_person_minds() -> None:
    """The factor falls with their number; trivial turns and slower ones are nothing."""
    before = [moment(n, 3.7 * n + n % 2, f"c{n}") for n in range(11)]
    found = weigh(41.0, *before, conversation="new", first=True)
    assert found == Attention(0.5, "one of 12 conversations within a minute, more than a person can mind")
    assert weigh(41.0, *before, conversation="new", first=True, level=1) == Attention()
    assert weigh(41.0, *before[: MINDED - 1], conversation="new", first=True) == Attention()
    assert weigh(95.0, *before, conversation="new", first=True) == Attention()


def test_honest_days_raise_no_alarm() -> None:
    """Two hundred people of all speeds, who type, read and skim as people do."""
    chance, alarms, turns = random.Random(3), 0, 0
    for _ in range(200):
        mean, before, at = chance.choice([8.0, 20.0, 60.0, 200.0]), list[Moment](), 0.0
        for number in range(60):
            conversation = f"c{chance.randrange(4)}"
            alarms += weigh(at, *before[-40:], conversation=conversation).factor < 1
            turns += 1
            took = chance.uniform(1, 6)
            before.append(moment(number, at, conversation, took=took, streamed=True, output_tokens=int(took * 80)))
            at += took + 1.5 + chance.lognormvariate(0, 0.6) * mean
    assert turns == 12_000
    assert alarms <= turns * 0.001
