"""No figure, and no sum or difference of figures, is about too few people: seen to by an auditor of its own."""

from collections.abc import Collection, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.suppression import SIDES, SMALL, Cell, Members, Shown, merged, shown, universe
from tests.ledger.organisations import cells

PRIME = 2**31 - 1
Turn = tuple[str, tuple[int, ...]]  # whose, and 1 for each released row that it is in


def cell(person: int, team: str = "A", category: str = "coding", assistant: str = "OpenAI", turns: int = 1) -> Cell:
    return Cell(f"{person:016x}", team, category, assistant, "large", turns, turns, turns, 0, 0.5 * turns)


def rank(columns: Collection[tuple[int, ...]]) -> int:
    """Count the columns that are no weighted sum of others. By elimination modulo a prime."""
    basis: dict[int, list[int]] = {}
    for column in columns:
        left = list(column)
        for place in range(len(left)):
            if not left[place]:
                continue
            if place not in basis:
                inverse = pow(left[place], -1, PRIME)
                basis[place] = [number * inverse % PRIME for number in left]
                break
            factor = left[place]
            left = [(a - factor * b) % PRIME for a, b in zip(left, basis[place], strict=True)]
    return len(basis)


def told_apart(turns: Collection[Turn], few: int) -> bool:
    """Tell whether some weighted sum of rows weighs turns of fewer people than `few`, and of nobody else.

    A sum that weighs nobody's turns but theirs is one that is lost when their turns are: without them, the columns of
    turns have a lower rank.
    """
    everybody = {person for person, _ in turns}
    whole = rank({column for _, column in turns})
    return any(
        rank({column for person, column in turns if person not in them}) < whole
        for them in combinations(sorted(everybody), min(few - 1, len(everybody)))
    )


def in_rows(released: Sequence[Shown], all_cells: Sequence[Cell]) -> list[Turn]:
    """Say of each cell which rows its turns are in, judging by names, and by who is large enough to have a row.

    A name that has a row of its own is in that one; any other is in the row of small groups.
    """
    own = {side: {str(getattr(row, side)) for row in released if getattr(row, side) is not None} for side in SIDES}
    turns = []
    for each in all_cells:
        labels = {side: name if (name := getattr(each, side)) in own[side] else SMALL for side in SIDES}
        column = tuple(int(all(getattr(row, side) in (None, labels[side]) for side in SIDES)) for row in released)
        turns.append((each.person, column))
    return turns


FEW = 3


class TestEverySum:
    """The linear algebra of what is released."""

    @settings(max_examples=150, deadline=None)
    @given(cells(people=9))
    def test_none_is_about_too_few_people(self, organisation: list[Cell]) -> None:
        """Of all rows together, each weighted as one likes: pairs, remainders, margins minus cells."""
        released = shown(universe(organisation, FEW), FEW)
        kept = in_universe(organisation, released)
        if not released:
            return
        assert not told_apart(in_rows(released, kept), FEW)

    @settings(max_examples=150, deadline=None)
    @given(cells(people=9))
    def test_nor_is_any_value(self, organisation: list[Cell]) -> None:
        """Which is of judged turns alone."""
        released = shown(universe(organisation, FEW), FEW)
        judged = [each for each in in_universe(organisation, released) if each.judged]
        if released and judged:
            assert not told_apart(in_rows(released, judged), FEW)

    def test_the_auditor_finds_what_is_there(self) -> None:
        """A category that is a team and one more."""
        organisation = [cell(person, "A", "chat") for person in range(5)]
        organisation += [cell(person, "B") for person in range(5, 10)] + [cell(5, "B", "chat")]
        kinds = [("A", None), ("B", None), (None, "chat"), (None, "coding")]
        turns = [
            (one.person, tuple(int(team in (None, one.team) and kind in (None, one.category)) for team, kind in kinds))
            for one in organisation
        ]
        assert told_apart(turns, 2)
        assert not told_apart(turns[:-1], 5)
        assert all(row.category in (None, SMALL) for row in shown(organisation, 5))


def in_universe(organisation: Sequence[Cell], released: Sequence[Shown]) -> list[Cell]:
    """Leave out whoever is in no figure: where small teams have no row together, theirs is none."""
    teams = {row.team for row in released}
    return [each for each in organisation if each.team in teams or SMALL in teams]


@settings(max_examples=200, deadline=None)
@given(cells(people=14), st.integers(2, 6))
def test_figures_add_up(organisation: list[Cell], few: int) -> None:
    """Each grouping's to the week's total, which is all turns but those withheld; each row has people enough."""
    released = shown(universe(organisation, few), few)
    kept = in_universe(organisation, released)
    if not released:
        assert len({each.person for each in organisation}) < few or not kept
        return
    (total,) = [row for row in released if not any((row.team, row.category, row.assistant, row.model))]
    assert total.turns == sum(each.turns for each in kept)
    assert total.raw_calls == sum(each.calls for each in kept)
    assert (total.value or 0) == pytest.approx(sum(each.value for each in kept))
    withheld = [each for each in organisation if each not in kept]
    judged = {each.person for each in withheld if each.judged}
    assert len({each.person for each in withheld}) < few or 0 < len(judged) < few
    for side in SIDES:
        rows = [row for row in released if all((getattr(row, each) is not None) == (each == side) for each in SIDES)]
        assert sum(row.turns for row in rows) == total.turns
        assert sum(row.judged for row in rows) == total.judged
    assert all(row.people >= few for row in released)


class TestUniverse:
    """Whose turns are in any figure."""

    def test_small_teams_are_one_together(self) -> None:
        organisation = [cell(person, "A") for person in range(5)]
        organisation += [cell(person, "BC"[person % 2]) for person in range(5, 10)]
        assert {each.team for each in universe(organisation, 5)} == {"A", SMALL}

    def test_or_are_left_out(self) -> None:
        """Where they are too few together: somebody in two of them is one."""
        organisation = [cell(person, "A") for person in range(5)]
        organisation += [cell(person, "BC"[person % 2]) for person in range(5, 9)] + [cell(5, "B"), cell(5, "C")]
        assert {each.team for each in universe(organisation, 5)} == {"A"}

    def test_a_week_of_few_people_is_empty(self) -> None:
        assert universe([cell(person, "ABCD"[person]) for person in range(4)], 5) == []
        assert shown([], 5) == []


class TestTables:
    """Teams by category and by assistant."""

    def table(self, organisation: list[Cell], few: int = 5) -> dict[tuple[str | None, str | None], int]:
        return {(row.team, row.category): row.people for row in shown(organisation, few) if row.team and row.category}

    def test_a_whole_table_is_shown_where_all_is_large(self) -> None:
        organisation = [
            cell(person + 10 * team, "AB"[team], kind)
            for team in (0, 1)
            for person in range(6)
            for kind in ("chat", "coding", "data")
        ]
        assert set(self.table(organisation).values()) == {6}
        assert len(self.table(organisation)) == 6

    def test_one_small_cell_hides_others(self) -> None:
        """A cell that is alone in its row or column would be what is left of it."""
        organisation = [
            cell(person + 10 * team, "ABC"[team], kind)
            for team in (0, 1, 2)
            for person in range(6)
            for kind in ("chat", "coding", "data")
            if (team, kind) != (0, "chat") or person < 2
        ]
        seen = self.table(organisation)
        assert ("A", "chat") not in seen
        assert sum(team == "A" for team, _ in seen) < 2
        assert sum(kind == "chat" for _, kind in seen) < 2
        assert seen


@given(st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.integers(0, 9).map(str), min_size=1)), st.integers(1, 6))
def test_what_is_merged_is_no_more_than_need_be(groups: dict[str, set[str]], few: int) -> None:
    """All small groups, and large ones, the smallest first, until there are people enough."""
    together = merged({name: Members(people, set(people)) for name, people in groups.items()}, few)
    small = {name for name, people in groups.items() if len(people) < few}
    assert small <= together
    assert bool(small) == bool(together)
    people = set().union(*(groups[name] for name in together))
    taken = together - small
    if taken:
        last = max(taken, key=lambda name: (len(groups[name]), name))
        assert len(people - (groups[last] - set().union(*(groups[name] for name in together - {last})))) < few
        assert all((len(groups[last]), last) <= (len(groups[name]), name) for name in set(groups) - together)
    if together:
        assert len(people) >= few or together == set(groups)
