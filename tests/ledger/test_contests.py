"""People contest judgements of their own turns, and how many do is told of enough people alone."""

from contextlib import closing
from pathlib import Path

from ledger.contests import MAX_REASON_CHARS, Contested
from ledger.store import Ledger
from tests.ledger.facts import judgement, turn
from tests.ledger.straight import straight

AT = "2026-11-25T10:00:00.000Z"
OWN, OTHER = ("a" * 16,), ("b" * 16,)


def test_a_judgement_of_ones_own_is_contested(ledger: Ledger) -> None:
    turn_id = ledger.open_turn(turn(person=OWN[0]))
    assert not ledger.contests.enter(turn_id, OWN, AT, "not judged yet")
    ledger.judge([judgement(turn_id, level=1)])
    assert not ledger.contests.enter(turn_id, OTHER, AT, "not theirs")
    assert not ledger.contests.enter(turn_id + 1, OWN, AT, "there is none")
    assert ledger.contests.enter(turn_id, OWN, AT, "it took me a day", 3)
    (contest,) = ledger.contests.of(OWN).values()
    assert (contest.turn_id, contest.reason, contest.level) == (turn_id, "it took me a day", 3)
    assert "it took" not in repr(contest)
    assert ledger.contests.of(OTHER) == {}


def test_the_newest_contest_of_a_turn_counts(ledger: Ledger) -> None:
    turn_id = ledger.open_turn(turn(person=OWN[0]))
    ledger.judge([judgement(turn_id)])
    ledger.contests.enter(turn_id, OWN, AT, "first", 4)
    ledger.contests.enter(turn_id, OWN, AT, "x" * 5000)
    (contest,) = ledger.contests.of(OWN).values()
    assert (len(contest.reason), contest.level) == (MAX_REASON_CHARS, None)
    assert not ledger.contests.withdraw(turn_id, OTHER)
    assert ledger.contests.withdraw(turn_id, OWN)
    assert not ledger.contests.withdraw(turn_id, OWN)


def test_contests_are_counted_by_level_for_enough_people(ledger: Ledger, db: Path) -> None:
    turn_ids = []
    for number in range(6):
        turn_ids.append(ledger.open_turn(turn(person=f"{number:016}", ask=f"{number:016}")))
        ledger.judge([judgement(turn_ids[-1], level=1 if number < 5 else 2, classifier="m-1")])
    ledger.contests.enter(turn_ids[0], (f"{0:016}",), AT, "more", 3)
    ledger.contests.enter(turn_ids[5], (f"{5:016}",), AT, "less", 0)
    found = [Contested("m-1", 1, judged=5, people=5, contested=1, wanted=3.0)]
    assert ledger.contests.counted(5) == found
    read = Ledger.read(db)
    assert read.contests.counted(5) == found
    read.close()


def test_a_new_judgement_is_not_contested_by_an_old_contest(ledger: Ledger) -> None:
    turn_id = ledger.open_turn(turn(person=OWN[0]))
    ledger.judge([judgement(turn_id, classifier="m-1")])
    ledger.contests.enter(turn_id, OWN, AT, "no", 3)
    ledger.judge([judgement(turn_id, classifier="m-2", at="2026-11-26T10:00:00.000Z")])
    assert [(each.classifier, each.contested) for each in ledger.contests.counted(1)] == [("m-2", 0)]


def test_words_that_people_give_are_sealed_and_become_labels(ledger: Ledger, db: Path) -> None:
    words = "plan the move of a\ndata centre \ud800"
    for number, given in enumerate(((words, 4), (words, None), ("", 3))):
        turn_id = ledger.open_turn(turn(person=OWN[0], ask=f"{number:016}"))
        ledger.judge([judgement(turn_id, level=1, category="advice", work=False, lang="de")])
        assert ledger.contests.enter(turn_id, OWN, AT, "no", given[1], given[0])
    (label,) = ledger.contests.labels()
    assert (label.turn_id, label.level, label.lang, label.category, label.work) == (1, 4, "de", "advice", False)
    assert label.words == "plan the move of a\ndata centre ?"
    assert "data centre" not in repr(label)
    with closing(straight(db)) as connection:
        stored = connection.execute("SELECT words FROM contests WHERE words IS NOT NULL").fetchall()
    assert len(stored) == 2
    assert not any("data centre" in words for (words,) in stored)
