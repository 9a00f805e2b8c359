"""What a turn is weighed against."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.records import Signature
from ledger.store import Ledger
from tests.ledger.facts import answer, call, entered, everything, judgement, turn
from tests.ledger.straight import REFUSED, straight

TUESDAY = "2026-11-24T09:00:00.000Z"
OTHER = "1" * 16


def signed(ledger: Ledger, by: str = "k", **facts: Any) -> int:
    """Enter a turn, judged and signed; give its id."""
    turn_id = entered(ledger, **facts)
    ledger.judge([judgement(turn_id, classifier=by)], signatures=[Signature(turn_id, by, b"s%d" % turn_id)])
    return turn_id


def test_own_turns_are_those_of_the_person_in_the_window_before(ledger: Ledger) -> None:
    """Oldest first; neither others' turns, nor older ones, nor later ones."""
    first, second = signed(ledger), signed(ledger, at=TUESDAY)
    signed(ledger, person=OTHER)
    last = signed(ledger, at=TUESDAY)
    own = ledger.history.own("0" * 16, "", last, "k", 9)
    assert [(one.turn_id, one.signature) for one in own] == [(first, b"s1"), (second, b"s2")]
    assert [one.turn_id for one in ledger.history.own("0" * 16, TUESDAY, last, "k", 9)] == [second]
    assert [one.turn_id for one in ledger.history.own("0" * 16, "", last + 1, "k", 2)] == [second, last]


def test_a_team_is_all_its_people_and_nobody_else(ledger: Ledger) -> None:
    """Turns without a team belong to none."""
    ids = [signed(ledger), signed(ledger, person=OTHER)]
    signed(ledger, team="Legal", person="2" * 16)
    signed(ledger, team=None, person="3" * 16)
    found = ledger.history.of_team("Sales", "", 99, "k", 9)
    assert [one.turn_id for one in found] == ids
    assert [one.person for one in found] == ["0" * 16, OTHER]


def test_signatures_of_another_classifier_say_so(ledger: Ledger) -> None:
    """Their wording can be compared, their meaning cannot."""
    signed(ledger, by="k")
    signed(ledger, by="other")
    assert [one.comparable for one in ledger.history.own("0" * 16, "", 99, "k", 9)] == [True, False]


def test_a_signature_is_stored_once_and_only_for_a_turn(ledger: Ledger) -> None:
    """The newest: a classifier that is new compares with what is signed as it signs."""
    signed(ledger)
    ledger.judge([], signatures=[Signature(1, "k", b"second"), Signature(77, "k", b"of no turn")])
    assert [one.signature for one in ledger.history.own("0" * 16, "", 99, "k", 9)] == [b"second"]


def test_a_signature_is_stored_with_its_judgement_or_not_at_all(ledger: Ledger, db: Path) -> None:
    """One that cannot be stored takes the judgement back."""
    turn_id = entered(ledger)
    with pytest.raises(REFUSED):
        ledger.judge([judgement(turn_id)], signatures=[Signature(turn_id, "k", None)])  # type: ignore[arg-type]
    with closing(straight(db)) as connection:
        assert connection.execute("SELECT count(*) FROM judgements").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM turns WHERE text IS NOT NULL").fetchone() == (1,)


def test_old_signatures_are_forgotten(ledger: Ledger) -> None:
    """Those of turns before the time, and their turns stay."""
    signed(ledger)
    kept = signed(ledger, at=TUESDAY)
    assert ledger.history.forget(TUESDAY) == 1
    assert ledger.history.forget(TUESDAY) == 0
    assert [one.turn_id for one in ledger.history.own("0" * 16, "", 99, "k", 9)] == [kept]


def test_moments_tell_when_turns_were_asked_and_answered(ledger: Ledger) -> None:
    """By the newest call that answered the person; a title made aside does not count, an open call does."""
    turn_id = entered(ledger, calls=1)
    again = ledger.open_call(call(at="2026-11-23T09:01:00.000Z", kind="continuation"), turn_id)
    ledger.close_call(again, answer(output_tokens=70, ttft_ms=10.0, duration_ms=50.0))
    ledger.close_call(ledger.open_call(call(kind="automation"), turn_id), answer(output_tokens=1))
    ledger.open_call(call(), ledger.open_turn(turn(at=TUESDAY)))
    ledger.open_turn(turn(at=TUESDAY))
    answered, open_, lone = ledger.history.moments("0" * 16, "", 99, 9)
    assert (answered.answered, answered.called_at, answered.output_tokens) == (True, "2026-11-23T09:01:00.000Z", 70)
    assert (answered.streamed, answered.ttft_ms, answered.duration_ms) == (True, 10.0, 50.0)
    assert (open_.answered, open_.duration_ms) == (False, None)
    assert (lone.answered, lone.called_at) == (False, None)
    assert [one.turn_id for one in ledger.history.moments("0" * 16, "", lone.turn_id, 1)] == [open_.turn_id]


def test_a_signature_leaves_the_file_with_its_window(ledger: Ledger, db: Path) -> None:
    """No byte of it is left behind, as deleted rows leave them."""
    turn_id = entered(ledger)
    signed = bytes(range(100, 180)) * 3
    ledger.judge([], signatures=[Signature(turn_id, "k", signed)])
    assert signed in everything(db.parent)
    assert ledger.history.forget("2026-11-24") == 1
    assert ledger.settle()
    assert signed not in everything(db.parent)
