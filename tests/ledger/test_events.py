"""Events are entered, told by team, and removed."""

from ledger.events import MAX_WHAT_CHARS, Event
from ledger.store import Ledger


def test_events_are_told_with_the_companys(ledger: Ledger) -> None:
    second = ledger.events.enter("2026-03-09", "Training", "Sales")
    first = ledger.events.enter("2026-03-02", "Target")
    third = ledger.events.enter("2026-03-16", "x" * 500, "Legal")
    company, sales, legal = ledger.events.all()
    assert company == Event(first, "2026-03-02", None, "Target")
    assert sales == Event(second, "2026-03-09", "Sales", "Training")
    assert (legal.id, len(legal.what)) == (third, MAX_WHAT_CHARS)
    assert ledger.events.all("Sales") == [company, sales]
    assert ledger.events.remove(second)
    assert not ledger.events.remove(second)
    assert ledger.events.all("Sales") == [company]
