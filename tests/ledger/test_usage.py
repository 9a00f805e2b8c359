"""What usage is worth, by group and week, and what is not shown."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.store import Ledger, LedgerError
from ledger.usage import GROUPINGS, Coverage, Grouping, ReadLedger, Usage
from tests.ledger.facts import MONDAY, answer, call, entered, judged, judgement, turn
from tests.ledger.straight import rows as view
from tests.ledger.straight import straight

WEEK = "2026-11-23"


def usage(db: Path, by: Grouping = "team", since: str | None = None) -> list[Usage]:
    with closing(Ledger.read(db)) as ledger:
        return ledger.usage(by, since)


class TestValue:
    """value = weight x novelty x attention, in `valued_turns`."""

    @pytest.mark.parametrize(
        ("verdict", "weight", "value"),
        [
            ({"level": 0}, 0.0, 0.0),
            ({"level": 1}, 0.05, 0.05),
            ({"level": 2}, 0.4, 0.4),
            ({"level": 3}, 0.8, 0.8),
            ({"level": 4}, 1.0, 1.0),
            ({"level": 4, "novelty": 0.5}, 1.0, 0.5),
            ({"level": 4, "novelty": 0.5, "attention": 0.5}, 1.0, 0.25),
            ({"level": 4, "attention": 0.0}, 1.0, 0.0),
            ({"level": 4, "category": "automation"}, 1.0, 0.0),
        ],
    )
    def test_it_is_a_product(
        self, ledger: Ledger, db: Path, verdict: dict[str, Any], weight: float, value: float
    ) -> None:
        """And 0 for automation, whatever its level."""
        ledger.judge([judgement(entered(ledger), **verdict)])
        assert view(db, "SELECT weight, value FROM valued_turns") == [(weight, value)]

    def test_a_turn_without_a_judgement_has_none(self, ledger: Ledger, db: Path) -> None:
        """NULL, which is not 0."""
        entered(ledger)
        assert view(db, "SELECT category, level, weight, novelty, attention, value FROM valued_turns") == [(None,) * 6]

    def test_the_newest_judgement_counts(self, ledger: Ledger, db: Path) -> None:
        """Not the one that was stored last; of two of one moment the same one every time."""
        turn_id = entered(ledger)
        ledger.judge([judgement(turn_id, classifier="b", at="2026-11-24T00:00:00.000Z", level=4)])
        ledger.judge([judgement(turn_id, classifier="c", at="2026-11-23T00:00:00.000Z", level=0)])
        assert view(db, "SELECT level FROM valued_turns") == [(4,)]
        ledger.judge([judgement(turn_id, classifier="a", at="2026-11-24T00:00:00.000Z", level=1)])
        assert view(db, "SELECT level FROM valued_turns") == [(4,)]

    def test_the_weight_is_that_of_the_turns_date(self, ledger: Ledger, db: Path) -> None:
        """A new weight does not change the past."""
        ids = [entered(ledger, at=f"2026-11-{day}T23:59:59.000Z") for day in (23, 24, 25)]
        ledger.judge([judgement(turn_id, level=2) for turn_id in ids])
        with closing(straight(db)) as connection:
            connection.execute("INSERT INTO weights VALUES ('2026-11-24', 2, 0.5), ('2026-11-25', 3, 0.9)")
        assert view(db, "SELECT weight FROM valued_turns ORDER BY at") == [(0.4,), (0.5,), (0.5,)]

    def test_calls_and_tokens_are_those_of_all_its_calls(self, ledger: Ledger, db: Path) -> None:
        """What no answer reported is NULL; what one reported is counted."""
        turn_id = ledger.open_turn(turn())
        assert view(db, "SELECT calls, tokens FROM valued_turns") == [(0, None)]
        for tokens in ((None, None), (10, None), (None, 5), (1, 2)):
            call_id = ledger.open_call(call(), turn_id)
            ledger.close_call(call_id, answer(input_tokens=tokens[0], output_tokens=tokens[1]))
        assert view(db, "SELECT calls, tokens FROM valued_turns") == [(4, 18)]

    @pytest.mark.parametrize(
        ("at", "week"),
        [
            ("2026-11-23T00:00:00.000Z", "2026-11-23"),
            ("2026-11-29T23:59:59.999Z", "2026-11-23"),
            ("2026-11-30T00:00:00.000Z", "2026-11-30"),
            ("2027-01-01T12:00:00.000Z", "2026-12-28"),
            ("2028-02-29T12:00:00.000Z", "2028-02-28"),
        ],
    )
    def test_a_week_is_its_monday(self, ledger: Ledger, db: Path, at: str, week: str) -> None:
        """In UTC, also across a year's end and on a leap day."""
        entered(ledger, at=at)
        assert view(db, "SELECT week FROM valued_turns") == [(week,)]


class TestUsage:
    """Groups and weeks."""

    def test_a_teams_week(self, ledger: Ledger, db: Path) -> None:
        """Raw calls, turns, value, and the gap between them."""
        judged(ledger, 5, turns=2, calls=3, verdict={"level": 3})
        judged(ledger, 5, turns=2, calls=1, verdict={"level": 1})
        (row,) = usage(db)
        assert (row.group, row.week, row.people, row.raw_calls, row.turns) == ("Sales", WEEK, 5, 40, 20)
        assert (row.value, row.gap, row.air) == pytest.approx((8.5, 0.575, 0.5))

    def test_a_turn_that_waits_is_not_air(self, ledger: Ledger, db: Path) -> None:
        """Gap and air are ratios over the judged turns; all turns are counted."""
        judged(ledger, 5, verdict={"level": 4})
        for person in range(5):
            entered(ledger, person=f"{person:016x}")
        (row,) = usage(db)
        assert (row.turns, row.value, row.gap, row.air) == (10, 5.0, 0.0, 0.0)

    def test_without_a_judgement_there_is_no_gap(self, ledger: Ledger, db: Path) -> None:
        """None, which is not 0."""
        for person in range(5):
            entered(ledger, person=f"{person:016x}")
        (row,) = usage(db)
        assert (row.turns, row.value, row.gap, row.air) == (5, None, None, None)

    def test_groups_are_named_and_ordered(self, ledger: Ledger, db: Path) -> None:
        """By week, then by name; turns without a team are a group of their own."""
        for team, at, first in (("Sales", "2026-11-30T09:00:00.000Z", 0), ("Sales", MONDAY, 0), (None, MONDAY, 5)):
            judged(ledger, 5, team=team, at=at, first=first)
        assert [(row.group, row.week) for row in usage(db)] == [
            ("(no team)", WEEK),
            ("Sales", WEEK),
            ("Sales", "2026-11-30"),
        ]

    @pytest.mark.parametrize(
        ("by", "groups"),
        [
            ("team", ["Sales"]),
            ("week", [WEEK]),
            ("category", ["(not judged)", "writing"]),
            ("assistant", ["OpenAI"]),
            ("model", ["(no model)", "small"]),
        ],
    )
    def test_each_grouping(self, ledger: Ledger, db: Path, by: Grouping, groups: list[str]) -> None:
        """The documented view and the report's rows are the same."""
        judged(ledger, 5, calls=2)
        for person in range(5):
            turn_id = ledger.open_turn(turn(person=f"{person:016x}"))
            ledger.open_call(call(model=None), turn_id)
            ledger.open_call(call(model="large"), turn_id)  # the first call's model counts
        rows = usage(db, by)
        assert [row.group for row in rows] == groups
        name = "usage_by_week" if by == "week" else f"usage_by_{by}_week"
        assert [row[0] for row in view(db, f"SELECT * FROM {name} ORDER BY 1")] == groups
        assert sum(row.raw_calls for row in rows) == 20

    def test_every_grouping_counts_every_turn_once(self, ledger: Ledger, db: Path) -> None:
        """Whatever the grouping, the sums are the same."""
        judged(ledger, 6, turns=2, calls=2)
        judged(ledger, 5, team=None, first=6, assistant="Anthropic", verdict={"level": 1, "category": "chat"})
        for by in GROUPINGS:
            rows = usage(db, by)
            assert sum(row.turns for row in rows) == 17
            assert sum(row.raw_calls for row in rows) == 29
            assert sum(row.value or 0 for row in rows) == pytest.approx(12 * 0.8 + 5 * 0.05)

    def test_since_takes_whole_weeks(self, ledger: Ledger, db: Path) -> None:
        """The week of the date, and later ones."""
        judged(ledger, 5, at="2026-11-22T23:00:00.000Z")
        judged(ledger, 5, at=MONDAY)
        assert [row.week for row in usage(db, since="2026-11-29")] == [WEEK]
        assert [row.week for row in usage(db, since="2026-11-22")] == ["2026-11-16", WEEK]

    def test_what_is_no_date_or_grouping_is_refused(self, ledger: Ledger, db: Path) -> None:
        """Before any SQL is made of it."""
        with pytest.raises(ValueError, match="a date such as 2026-11-25, not last week"):
            usage(db, since="last week")
        with pytest.raises(ValueError, match="grouped by one of team, week, category, assistant, model, not by person"):
            usage(db, by=cast(Grouping, "person"))


class TestSmallGroups:
    """A group of too few people is shown nowhere."""

    def test_four_people_are_hidden_and_five_are_not(self, ledger: Ledger, db: Path) -> None:
        """In every grouping; the hidden ones are counted."""
        judged(ledger, 4, turns=10, team="Legal", at="2026-11-16T09:00:00.000Z")
        judged(ledger, 5, team="Sales")
        with closing(Ledger.read(db)) as reading:
            assert reading.min_group() == 5
            assert not reading.is_empty()
            for by in GROUPINGS:
                assert [row.week for row in reading.usage(by)] == [WEEK]

    def test_small_teams_are_one_group_together(self, ledger: Ledger, db: Path) -> None:
        """Where they have people enough. So the teams add up to the total."""
        judged(ledger, 6)
        judged(ledger, 3, first=6, team="Legal")
        judged(ledger, 2, first=9, team=None)
        assert [(row.group, row.people) for row in usage(db)] == [("(small groups)", 5), ("Sales", 6)]
        assert [row.people for row in usage(db, "week")] == [11]

    def test_where_they_have_too_few_their_turns_are_in_no_figure(self, ledger: Ledger, db: Path) -> None:
        """Nor in the total, as they would be what it has more than its teams."""
        judged(ledger, 6)
        judged(ledger, 2, first=6, team="Legal", assistant="Anthropic", verdict={"category": "data"})
        judged(ledger, 2, first=8, team="Press")
        for by in GROUPINGS:
            assert [(row.people, row.turns) for row in usage(db, by)] == [(6, 6)]

    def test_other_small_groups_take_the_smallest_large_ones_along(self, ledger: Ledger, db: Path) -> None:
        """Until they have people enough."""
        judged(ledger, 8, assistant="OpenAI")
        judged(ledger, 5, assistant="Google")
        judged(ledger, 7, assistant="Anthropic", first=2)
        judged(ledger, 2, assistant="Mistral", first=3)
        rows = [(row.group, row.people, row.turns) for row in usage(db, "assistant")]
        assert rows == [("(small groups)", 5, 7), ("Anthropic", 7, 7), ("OpenAI", 8, 8)]

    def test_a_few_judged_people_are_no_value(self, ledger: Ledger, db: Path) -> None:
        """It would be theirs alone. Their team is shown all the same."""
        judged(ledger, 4)
        entered(ledger, person=f"{4:016x}")
        (row,) = usage(db)
        assert (row.people, row.turns, row.value, row.gap, row.air) == (5, 5, None, None, None)

    def test_a_team_of_its_own_takes_ten(self, ledger: Ledger, db: Path) -> None:
        """For who leads it knows everybody."""
        judged(ledger, 9)
        judged(ledger, 10, at="2026-11-30T09:00:00.000Z")
        with closing(Ledger.read(db)) as reading:
            weeks = reading.team_usage("Sales")
            assert weeks is not None
            assert [(week.week, week.people) for week in weeks] == [("2026-11-30", 10)]
            assert reading.team_usage("Sales", since="2026-12-07") is None
            assert reading.team_usage("Legal") is None

    def test_an_operator_can_ask_for_more(self, ledger: Ledger, db: Path) -> None:
        """But never for less."""
        judged(ledger, 9)
        with closing(straight(db)) as connection:
            connection.execute("UPDATE policy SET value = 10 WHERE name = 'min_group'")
        assert usage(db) == []

    def test_without_a_policy_nothing_is_shown(self, ledger: Ledger, db: Path) -> None:
        """Deleting the row opens nothing."""
        judged(ledger, 9)
        with closing(straight(db)) as connection:
            connection.execute("DELETE FROM policy")
        assert usage(db) == []


class TestCoverage:
    """How much the figures rest on."""

    def covered(self, db: Path) -> Coverage:
        with closing(Ledger.read(db)) as ledger:
            return ledger.coverage()

    def test_of_nothing_there_are_no_shares(self, ledger: Ledger, db: Path) -> None:
        """None, which is not 0."""
        assert self.covered(db) == Coverage(None, None, None, None)

    def test_shares(self, ledger: Ledger, db: Path) -> None:
        """Of turns: judged, without a team. Of calls: unreadable; of those with tokens: estimated."""
        first = entered(ledger)
        for person, team in (("1", "Sales"), ("2", None), ("3", None)):
            entered(ledger, person=person * 16, team=team)
        ledger.judge([judgement(first), judgement(first, classifier="second")])
        ledger.open_call(call(kind="unreadable"), None)
        with closing(straight(db)) as connection:
            connection.execute("UPDATE calls SET usage_estimated = 1 WHERE id = 1")
        assert self.covered(db) == Coverage(judged=0.25, unreadable=0.2, unattributed=0.5, estimated=0.25)

    def test_who_has_no_team_is_unattributed_however_they_are_known(self, ledger: Ledger, db: Path) -> None:
        """A verified name without a team is missing in the figures of teams; an address with one is in them."""
        entered(ledger, team=None, person="1" * 16, identity_source="certificate")
        for source in ("address", "body", "jwt"):
            entered(ledger, team="Sales", identity_source=source)
        assert self.covered(db).unattributed == 0.25


class TestReading:
    """Readers only read."""

    def test_nothing_can_be_written(self, ledger: Ledger, db: Path) -> None:
        """The connection itself refuses."""
        with (
            closing(Ledger.read(db)) as reading,
            pytest.raises((sqlite3.OperationalError, LedgerError), match=r"readonly|only reads"),
        ):
            reading._connection.execute("DELETE FROM turns")

    def test_a_writer_is_seen_and_not_stopped(self, ledger: Ledger, db: Path) -> None:
        """Both may be open at once."""
        with closing(Ledger.read(db)) as reading:
            judged(ledger, 5)
            assert len(reading.usage("team")) == 1

    def test_without_a_ledger_there_is_nothing_to_read(self, db: Path) -> None:
        """And none is made."""
        with pytest.raises(LedgerError, match=r"there is no ledger at .*log something first"):
            ReadLedger.open(db)
        assert not db.exists()

    def test_an_empty_file_is_no_ledger_yet(self, tmp_path: Path) -> None:
        """As one that was touched, but never written."""
        (tmp_path / "usage.db").touch()
        with pytest.raises(LedgerError, match="open it for writing once"):
            ReadLedger.open(tmp_path / "usage.db")

    def test_another_programs_database_is_refused(self, tmp_path: Path) -> None:
        """As by the writer."""
        path = tmp_path / "songs.db"
        view(path, "CREATE TABLE songs (title)")
        with pytest.raises(LedgerError, match="another program's database"):
            ReadLedger.open(path)
