"""A spool's position is one with the calls that were entered from it."""

from contextlib import closing
from pathlib import Path

import pytest

from ledger.spools import Spooled
from ledger.store import Ledger
from tests.ledger.facts import MONDAY, answer, call, entered
from tests.ledger.straight import straight


def test_a_position_is_found_again_and_replaced(ledger: Ledger) -> None:
    first = Spooled(44, "a", {7: (1, None, MONDAY), 8: (2, 1, MONDAY)})
    ledger.spools.advance("one", first)
    ledger.spools.advance("two", Spooled(1, "b"))
    assert ledger.spools.read("one") == first
    ledger.spools.advance("one", Spooled(90, "a"))
    assert ledger.spools.read("one") == Spooled(90, "a")
    ledger.spools.forget("one")
    assert ledger.spools.read("one") == Spooled()
    assert ledger.spools.read("two") == Spooled(1, "b")


def test_a_position_is_undone_with_its_transaction(ledger: Ledger) -> None:
    def advance() -> None:
        with ledger.transaction():
            ledger.spools.advance("one", Spooled(44, "a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        advance()
    assert ledger.spools.read("one") == Spooled()


def test_what_was_lost_is_a_share_of_the_calls(ledger: Ledger, db: Path) -> None:
    entered(ledger, calls=3)
    with closing(straight(db)) as reading:
        assert reading.execute("SELECT lost FROM coverage").fetchone() == (0,)
        ledger.spools.lose(MONDAY, 1, "no room")
        assert reading.execute("SELECT lost FROM coverage").fetchone() == (0.25,)


def test_a_call_is_completed_by_its_id_and_time(ledger: Ledger) -> None:
    """In another ledger another call may have the id."""
    number = ledger.open_call(call(), None)
    assert not ledger.close_call(number, answer(), "2026-11-23T09:00:00.001Z")
    assert not ledger.close_call(number + 1, answer(), MONDAY)
    assert ledger.close_call(number, answer(), MONDAY)
