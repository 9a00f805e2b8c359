"""Weeks are closed once: their figures add up to the turns, and nothing changes them afterwards."""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.pruning import Retention
from ledger.publication import Closed, Waits
from ledger.store import Ledger
from ledger.suppression import SIDES, SMALL, Cell, Members, merged, universe
from ledger.usage import GROUPINGS, Coverage, Grouping, Usage
from tests.ledger.facts import call, entered, judged, judgement
from tests.ledger.organisations import cells
from tests.ledger.straight import REFUSED, straight
from tests.ledger.straight import rows as sql

WEEK, NEXT = "2026-11-23", "2026-11-30"
BEFORE = "2026-11-16"


def seconds(day: str) -> float:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()


OVER = seconds(NEXT)


def at(day: str) -> str:
    return f"{day}T09:00:00.000Z"


def publish(ledger: Ledger, now: float = OVER) -> list[Closed | Waits]:
    return list(ledger.publication.close(now))


def all_usage(db: Path) -> dict[Grouping, list[Usage]]:
    with closing(Ledger.read(db)) as reading:
        return {by: reading.usage(by) for by in GROUPINGS}


def enter(ledger: Ledger, organisation: list[Cell], day: str = WEEK) -> None:
    """Enter an invented organisation, each team of a person on a day of its own."""
    weekdays = {team: f"{day[:8]}{int(day[8:]) + number:02}" for number, team in enumerate("ABC")}
    for cell in organisation:
        team = None if cell.team == "(no team)" else cell.team
        model = None if cell.model == "(no model)" else cell.model
        for _ in range(cell.turns):
            when = at(weekdays.get(cell.team, f"{day[:8]}{int(day[8:]) + 5:02}"))
            turn_id = entered(ledger, calls=0, person=cell.person, team=team, assistant=cell.assistant, at=when)
            for _ in range(cell.calls // cell.turns):
                ledger.open_call(call(model=model, at=when), turn_id)
            if cell.judged:
                ledger.judge([judgement(turn_id, category=cell.category, level=4, novelty=0.5)])


@pytest.fixture
def three_weeks(ledger: Ledger, db: Path) -> Path:
    """One long over, one just over and one that runs, with a team that is too small and calls that nobody asked for."""
    for number, day in enumerate((BEFORE, WEEK, NEXT)):
        judged(ledger, 6, turns=2 + number, calls=2, at=at(day))
        judged(ledger, 6, first=6, team="Legal", assistant="Anthropic", verdict={"category": "data"}, at=at(day))
        judged(ledger, 2, first=20, team="Two", at=at(day))
        ledger.open_call(call(kind="unreadable", at=at(day)), None)
    return db


class TestClosing:
    """Which weeks, and what they show."""

    def test_weeks_that_are_over_are_closed(self, three_weeks: Path, ledger: Ledger) -> None:
        """The oldest first, and the running one not. Their views say what they said."""
        before = all_usage(three_weeks)
        assert publish(ledger) == [Closed(BEFORE, 15, withheld=True), Closed(WEEK, 15, withheld=True)]
        for by, rows in all_usage(three_weeks).items():
            assert [row.group for row in rows] == [row.group for row in before[by]]
            for row, was in zip(rows, before[by], strict=True):
                figures = (row.people, row.raw_calls, row.turns, row.value, row.gap, row.air)
                assert figures == pytest.approx((was.people, was.raw_calls, was.turns, was.value, was.gap, was.air))
        assert {row.week for row in before["team"]} == {BEFORE, WEEK, NEXT}

    def test_a_week_is_over_at_midnight(self, three_weeks: Path, ledger: Ledger) -> None:
        """UTC."""
        assert [closed.week for closed in publish(ledger, OVER - 1)] == [BEFORE]
        assert [closed.week for closed in publish(ledger, OVER)] == [WEEK]

    def test_it_is_done_once(self, three_weeks: Path, ledger: Ledger) -> None:
        """A second run finds nothing to do."""
        publish(ledger)
        rows = sql(three_weeks, "SELECT * FROM published")
        assert publish(ledger) == []
        assert sql(three_weeks, "SELECT * FROM published") == rows

    def test_it_waits_for_judgements(self, ledger: Ledger, db: Path) -> None:
        """For seven days; then it is closed without them. Weeks after it wait too."""
        judged(ledger, 6, at=at(BEFORE))
        turn_id = entered(ledger, at=at(BEFORE))
        judged(ledger, 6, at=at(WEEK))
        assert publish(ledger, seconds("2026-11-29")) == [Waits(BEFORE, 1, NEXT)]
        assert [closed.week for closed in publish(ledger, OVER)] == [BEFORE, WEEK]
        ledger.judge([judgement(turn_id)])
        assert [row.turns for row in all_usage(db)["week"]] == [7, 6]
        assert [row.value for row in all_usage(db)["week"]] == pytest.approx([4.8, 4.8])

    def test_an_empty_ledger_has_none(self, ledger: Ledger, db: Path) -> None:
        assert publish(ledger) == []
        assert sql(db, "SELECT * FROM weeks") == []

    def test_weeks_between_are_closed_too(self, ledger: Ledger, db: Path) -> None:
        """Though nobody asked anything in them: whoever says so later is late."""
        judged(ledger, 5, at=at("2026-11-02"))
        ledger.open_call(call(at=at(WEEK)), None)
        publish(ledger)
        assert sql(db, "SELECT week, turns, calls FROM weeks ORDER BY week") == [
            ("2026-11-02", 5, 5), ("2026-11-09", 0, 0), (BEFORE, 0, 0), (WEEK, 0, 1),
        ]  # fmt: skip

    def test_too_few_people_are_in_no_row(self, ledger: Ledger, db: Path) -> None:
        """And in no count."""
        judged(ledger, 4)
        assert publish(ledger) == [Closed(WEEK, 0, withheld=True)]
        assert sql(db, "SELECT turns, judged, calls, measured, unattributed FROM weeks") == [(0, 0, 0, 0, 0)]
        with closing(Ledger.read(db)) as reading:
            assert not reading.is_empty()

    def test_a_larger_smallest_group_holds_for_weeks_to_come(self, three_weeks: Path, ledger: Ledger) -> None:
        """What is published stands."""
        publish(ledger, OVER - 1)
        assert ledger.policy.raise_to("min_group", 7) == 7
        assert ledger.policy.raise_to("min_group", 5) == 7
        publish(ledger)
        assert [(row.week, row.group) for row in all_usage(three_weeks)["team"]] == [
            (BEFORE, "Legal"), (BEFORE, "Sales"), (WEEK, SMALL), (NEXT, SMALL),
        ]  # fmt: skip
        assert sql(three_weeks, "SELECT min_group FROM weeks") == [(5,), (7,)]


class TestStanding:
    """Every later query returns the same numbers."""

    def later(self, db: Path) -> tuple[dict[Grouping, list[Usage]], Coverage]:
        with closing(Ledger.read(db)) as reading:
            return {by: [row for row in reading.usage(by) if row.week < NEXT] for by in GROUPINGS}, reading.coverage()

    def test_late_turns_are_counted_and_change_nothing(self, three_weeks: Path, ledger: Ledger) -> None:
        """Whichever closed week they are of, or of one before all."""
        publish(ledger)
        before = self.later(three_weeks)
        for day in (WEEK, WEEK, "2026-11-09"):
            turn_id = entered(ledger, at=at(day))
            ledger.judge([judgement(turn_id)])
        assert self.later(three_weeks) == before
        assert publish(ledger) == []
        assert sql(three_weeks, "SELECT week, late FROM weeks ORDER BY week") == [
            ("2026-11-09", 1),
            (BEFORE, 0),
            (WEEK, 2),
        ]

    def test_new_judgements_weights_and_forgotten_turns_change_nothing(self, three_weeks: Path, ledger: Ledger) -> None:
        publish(ledger)
        before = self.later(three_weeks)
        ids = [turn_id for (turn_id,) in sql(three_weeks, f"SELECT id FROM turns WHERE at < '{NEXT}'")]
        ledger.judge(
            [judgement(turn_id, classifier="newer", at="2026-12-01T00:00:00.000Z", level=0) for turn_id in ids]
        )
        sql(three_weeks, f"INSERT INTO weights VALUES ('{WEEK}', 3, 0.1)")
        assert self.later(three_weeks)[0] == before[0]
        ledger.pruning.run(Retention(turns_days=1.0), seconds("2026-12-02"))
        assert sql(three_weeks, f"SELECT count(*) FROM turns WHERE at < '{NEXT}'") == [(0,)]
        assert self.later(three_weeks)[0] == before[0]

    def test_coverage_outlives_the_turns(self, ledger: Ledger, db: Path) -> None:
        """Closed weeks keep their counts."""
        judged(ledger, 6, at=at(WEEK))
        judged(ledger, 6, first=6, team=None, at=at(WEEK))
        ledger.open_call(call(kind="unreadable", at=at(WEEK)), None)
        before = self.later(db)[1]
        publish(ledger)
        ledger.pruning.run(Retention(turns_days=1.0), seconds("2026-12-10"))
        assert sql(db, "SELECT count(*) FROM calls") == [(0,)]
        assert self.later(db)[1] == before == Coverage(1.0, 1 / 13, 0.5, 0.0)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE published SET turns = 1",
            "DELETE FROM published",
            f"INSERT INTO published (week, people, raw_calls, turns) VALUES ('{WEEK}', 9, 9, 9)",
            "UPDATE weeks SET turns = 1",
            "UPDATE weeks SET late = -1",
            "UPDATE weeks SET until = '2027-01-01'",
            "DELETE FROM weeks",
            "INSERT OR REPLACE INTO weeks SELECT week, until, 'x', 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL FROM weeks",
        ],
    )
    def test_the_ledger_itself_refuses_changes(self, three_weeks: Path, ledger: Ledger, change: str) -> None:
        """Whatever program writes."""
        publish(ledger)
        with pytest.raises(REFUSED):
            sql(three_weeks, change)

    def test_a_pruned_week_goes_whole(self, three_weeks: Path, ledger: Ledger) -> None:
        """Its record stays, so that it is never closed again."""
        publish(ledger)
        ledger.pruning.run(Retention(published_days=10), seconds("2026-12-05"))
        assert sql(three_weeks, "SELECT DISTINCT week FROM published") == [(WEEK,)]
        assert publish(ledger) == []
        assert sql(three_weeks, "SELECT week FROM weeks ORDER BY week") == [(BEFORE,), (WEEK,)]


class TestAtOnce:
    """It may run beside itself and be killed."""

    def test_two_runs_close_each_week_once(self, three_weeks: Path, ledger: Ledger) -> None:
        """And both end well."""

        def run(_: int) -> int:
            with closing(Ledger.open(three_weeks)) as own:
                return sum(isinstance(outcome, Closed) for outcome in publish(own))

        with ThreadPoolExecutor(4) as runs:
            assert sum(runs.map(run, range(4))) == 2
        assert sql(three_weeks, "SELECT count(*) FROM published") == [(30,)]

    def test_killed_at_any_point_it_has_closed_a_week_or_has_not(self, ledger: Ledger, db: Path) -> None:
        """And the next run goes on."""
        weeks = [f"2026-0{month}-{day:02}" for month, day in ((8, 3), (8, 10), (8, 17), (8, 24), (8, 31), (9, 7))]
        for week in weeks:
            judged(ledger, 6, at=at(week))
            judged(ledger, 6, first=6, team="Legal", at=at(week))
        program = (
            "import sys; from ledger.address import place_of; from ledger.store import Ledger\n"
            "for outcome in Ledger.open(place_of(sys.argv[1])).publication.close(float(sys.argv[2])):\n"
            "    print(outcome.week, flush=True)\n"
        )
        for number in range(1, len(weeks)):
            command = [sys.executable, "-c", program, str(db), str(OVER)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                said = process.stdout.readline()
                process.kill()
            closed = {week for (week,) in sql(db, "SELECT week FROM weeks WHERE turns > 0")}
            whole = sql(db, "SELECT week FROM published GROUP BY week HAVING count(*) = 13")
            assert {week for (week,) in whole} == closed
            assert len(closed) >= min(number, len(weeks)) or not said
        publish(ledger)
        assert sql(db, "SELECT week FROM weeks WHERE turns > 0") == [(week,) for week in weeks]

    def test_turns_that_come_meanwhile_are_in_it_or_are_late(
        self, ledger: Ledger, db: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The figures are made anew where one came before they were written."""
        judged(ledger, 6)
        figures = ledger.publication._figures
        came: list[int] = []

        def slowly(*given: Any) -> Any:
            made = figures(*given)
            if len(came) < 2:
                with closing(Ledger.open(db)) as other:
                    came.append(entered(other))
            return made

        monkeypatch.setattr(ledger.publication, "_figures", slowly)
        assert isinstance(publish(ledger, seconds("2026-12-07"))[0], Closed)
        assert sql(db, "SELECT turns, late FROM weeks") == [(8, 0)]


@settings(max_examples=25, deadline=None)
@given(cells(people=14))
def test_published_figures_are_the_detail_rows(organisation: list[Cell]) -> None:
    """What is published and what is withheld add up to what the views had and the turns are, by every grouping."""
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "usage.db"
        with closing(Ledger.open(db)) as ledger:
            enter(ledger, organisation)
            open_total = all_usage(db)["week"]
            publish(ledger, seconds("2026-12-07"))
        details = dict(sql(db, "SELECT coalesce(team, '(no team)'), count(*) FROM turns GROUP BY 1"))
        total = sql(db, "SELECT sum(turns), sum(raw_calls), sum(value) FROM usage_by_week")
        for by in GROUPINGS:
            view = "usage_by_week" if by == "week" else f"usage_by_{by}_week"
            given_ = sql(db, f"SELECT sum(turns), sum(raw_calls), sum(value) FROM {view}")
            assert given_[0][:2] == total[0][:2]
            assert given_[0][2] == pytest.approx(total[0][2])
        if not organisation:
            return
        teams = {row.group for row in all_usage(db)["team"]}
        withheld = 0 if SMALL in teams else sum(turns for team, turns in details.items() if team not in teams)
        assert (total[0][0] or 0) + withheld == sum(details.values())
        ((counted,),) = sql(db, "SELECT turns FROM weeks")
        assert counted == (total[0][0] or 0)
        if all(cell.judged for cell in organisation):
            assert [(row.turns, row.people) for row in open_total] == [
                (row.turns, row.people) for row in all_usage(db)["week"]
            ]


@settings(max_examples=40, deadline=None)
@given(
    cells(people=16, causes=False).filter(lambda organisation: all(cell.judged for cell in organisation)),
    st.integers(5, 7),
)
def test_open_weeks_are_grouped_as_suppression_does(organisation: list[Cell], few: int) -> None:
    """In SQL and in Python the same, one grouping at a time."""
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "usage.db"
        with closing(Ledger.open(db)) as ledger:
            enter(ledger, organisation)
            ledger.policy.raise_to("min_group", few)
        found = all_usage(db)
    kept = universe(organisation, few)
    for side in SIDES:
        groups: dict[str, Members] = {}
        for cell in kept:
            groups.setdefault(getattr(cell, side), Members()).add(cell)
        together = merged(groups, few)
        expected: dict[str, tuple[set[str], int]] = {}
        for cell in kept:
            name = SMALL if getattr(cell, side) in together else getattr(cell, side)
            people, turns = expected.get(name, (set(), 0))
            expected[name] = (people | {cell.person}, turns + cell.turns)
        assert {row.group: (row.people, row.turns) for row in found[side]} == {
            name: (len(people), turns) for name, (people, turns) in expected.items()
        }


def test_nothing_lists_people(three_weeks: Path, ledger: Ledger) -> None:
    """No view and no published table has a column of people but the two that say each turn's own."""
    publish(ledger)
    with closing(straight(three_weeks)) as connection:
        views = connection.views()
        persons = {name for (name,) in connection.execute("SELECT DISTINCT person FROM turns")}
        for name in {*views, "published", "weeks"} - {"valued_turns", "turn_values"}:
            rows = connection.execute(f"SELECT * FROM {name}")
            columns = {column for column, *_ in rows.description or ()}
            assert not columns & {"person", "persons", "pseudonym", "user"}, name
            assert not persons & {value for row in rows for value in row if isinstance(value, str)}, name
        for name in ("valued_turns", "turn_values"):
            assert "GROUP BY" not in views[name]  # a row is a turn's, never a person's
    assert len(views) >= 8
