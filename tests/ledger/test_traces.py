"""A later call finds the turn that it belongs to, at any size, and what is found by is bounded."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.records import utc
from ledger.sqlite import SQLite
from ledger.store import Ledger
from ledger.traces import KEPT, TurnSeen
from tests.ledger.facts import MONDAY, answer, call, entered, turn


def after(**time: float) -> str:
    return utc((datetime.fromisoformat(MONDAY) + timedelta(**time)).timestamp())


class TestAsks:
    """The newest turn with an ask, and whether it is answered or still runs."""

    def test_an_ask_never_seen_is_none(self, ledger: Ledger) -> None:
        """Also when other asks were."""
        ledger.open_turn(turn(ask="other"))
        assert ledger.traces.of_ask("a" * 16) is None

    def test_the_newest_turn_counts(self, ledger: Ledger) -> None:
        """Older ones with the same ask do not."""
        ledger.open_turn(turn(ask="a" * 16))
        newest = ledger.open_turn(turn(ask="a" * 16, at="2026-11-23T10:00:00.000Z"))
        assert ledger.traces.of_ask("a" * 16) == TurnSeen(
            newest, after(hours=1), "c" * 16, None, "a" * 16, answered=False, open=False, called_at=after(hours=1)
        )

    @pytest.mark.parametrize(
        ("calls", "answered", "still_open"),
        [
            ([None], False, True),
            ([answer()], True, False),
            ([answer(http_status=500)], False, False),
            ([answer(complete=False)], False, False),
            ([answer(http_status=None, complete=False, response_bytes=0)], False, False),
            ([answer(http_status=500), None], False, True),
            ([answer(), None], True, True),
            ([None, answer()], True, False),
        ],
    )
    def test_its_calls_decide(self, ledger: Ledger, calls: list[Any], answered: bool, still_open: bool) -> None:
        """Answered: any call is complete with a status under 400. Open: the newest has no end."""
        turn_id = ledger.open_turn(turn(ask="a" * 16))
        for end in calls:
            call_id = ledger.open_call(call(), turn_id)
            if end is not None:
                ledger.close_call(call_id, end)
        seen = ledger.traces.of_ask("a" * 16)
        assert seen is not None
        assert (seen.answered, seen.open) == (answered, still_open)


class TestTraces:
    """What clients' own ids lead to."""

    def test_a_trace_leads_to_the_turn_that_left_it_last(self, ledger: Ledger) -> None:
        """Whatever turn left it before, and whichever of them is older."""
        first, second = entered(ledger), entered(ledger)
        for turn_id in (first, second, first):
            ledger.traces.leave("t" * 16, turn_id, MONDAY)
        found = ledger.traces.of("t" * 16)
        assert found is not None
        assert found.turn_id == first
        assert ledger.traces.of("u" * 16) is None

    def test_the_newest_call_says_when_a_turn_was_called(self, ledger: Ledger) -> None:
        """Agents work for hours for one ask."""
        turn_id = ledger.open_turn(turn(ask="a" * 16, place=3))
        ledger.open_call(call(at=after(hours=2)), turn_id)
        found = ledger.traces.of_ask("a" * 16)
        assert found is not None
        assert (found.called_at, found.place) == (after(hours=2), 3)

    def test_old_traces_are_forgotten_as_new_ones_come(self, ledger: Ledger) -> None:
        """So there are never more than a month's, and a few."""
        for number in range(300):
            at = after(days=number)
            ledger.traces.leave(f"{number:016x}", entered(ledger, at=at), at)
        kept = [number for number in range(300) if ledger.traces.of(f"{number:016x}")]
        assert kept == list(range(299 - KEPT.days, 300))

    def test_a_deleted_turn_takes_its_traces_along(self, ledger: Ledger) -> None:
        """A later turn with its id is not found by them."""
        ledger.traces.leave("t" * 16, entered(ledger), MONDAY)
        ledger._connection.execute("DELETE FROM turns")
        entered(ledger)
        assert ledger.traces.of("t" * 16) is None


class TestWaiting:
    """A call may come before the turn that it serves."""

    @pytest.mark.parametrize(("seconds", "adopted"), [(1, True), (60, False)])
    def test_a_turn_adopts_what_just_came(self, ledger: Ledger, seconds: float, adopted: bool) -> None:
        """Once; what came long before stays without a turn."""
        call_id = ledger.open_call(call(kind="automation"), None)
        ledger.traces.wait("w" * 16, call_id, MONDAY)
        turn_id, later = entered(ledger, calls=0), entered(ledger, calls=0)
        ledger.traces.adopt("w" * 16, turn_id, after(seconds=seconds - 5))
        ledger.traces.adopt("w" * 16, later, MONDAY)
        (of,) = ledger._connection.execute("SELECT turn_id FROM calls WHERE id = ?", (call_id,)).fetchone()
        assert of == (turn_id if adopted else None)


class TestNearby:
    """Where no id tells which turn a call serves."""

    def found(self, ledger: Ledger, held_in: str | None, **facts: Any) -> int | None:
        asked = {"person": "p" * 16, "client": "c/1", "since": MONDAY} | facts
        seen = ledger.traces.nearby(held_in=held_in, **asked)
        return seen.turn_id if seen else None

    def test_it_is_the_newest_whose_text_is_quoted(self, ledger: Ledger) -> None:
        """Many people may stand behind one key."""
        one, two, three = (
            entered(ledger, text, person="p" * 16, client="c/1") for text in ("Name a town", "Sum it up", "Who?")
        )
        assert self.found(ledger, "USER: Name a town\nASSISTANT: Ulm") == one
        assert self.found(ledger, "USER: Sum it up") == two
        assert self.found(ledger, None) == three
        assert self.found(ledger, "USER: something else") is None
        for other in ({"person": "q" * 16}, {"client": "c/2"}, {"since": after(minutes=1)}):
            assert self.found(ledger, None, **other) is None

    def test_it_is_no_turn_of_which_some_words_are_quoted_by_chance(self, ledger: Ledger) -> None:
        """Though that is newer."""
        meant, _ = (entered(ledger, text, person="p" * 16, client="c/1") for text in ("Name a town", "a town"))
        assert self.found(ledger, "USER: Name a town") == meant

    def test_a_turn_whose_text_is_deleted_may_be_it(self, ledger: Ledger) -> None:
        """But comes behind one that is quoted."""
        quoted, judged = (entered(ledger, text, person="p" * 16, client="c/1") for text in ("Name a town", "Sum it up"))
        ledger._connection.execute("UPDATE turns SET text = NULL WHERE id = ?", (judged,))
        assert self.found(ledger, "USER: Name a town") == quoted
        assert self.found(ledger, "USER: Sum it up") == judged


def test_turns_are_found_without_a_look_at_the_rest(ledger: Ledger) -> None:
    """Each search is by an index, however large the ledger is."""
    run: list[str] = []
    turn_id = entered(ledger)
    assert isinstance(ledger._connection, SQLite)
    ledger._connection.set_trace_callback(run.append)
    ledger.traces.of_ask("a" * 16)
    ledger.traces.of("t")
    ledger.traces.nearby("0" * 16, "openai-python/1", MONDAY, "Draft the plan for the move.")
    ledger.traces.leave("t", turn_id, MONDAY)
    ledger.traces.adopt("t", turn_id, MONDAY)
    ledger._connection.set_trace_callback(None)
    of_ask, *others = [
        [row[3] for row in ledger._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in run
        if sql.startswith(("SELECT", "UPDATE", "DELETE"))
    ]
    assert "SEARCH t USING INDEX turns_ask (ask=?)" in of_ask
    assert len(others) == 6
    scans = [step for plan in (of_ask, *others) for step in plan if step.startswith("SCAN")]
    # The person's newest two hundred, and the four oldest traces.
    assert scans == ["SCAN t", "SCAN traces USING COVERING INDEX traces_turn_id"]
