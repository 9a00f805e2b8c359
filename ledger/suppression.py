"""What is shown of a week's usage, so that no figure, and no difference of figures, is about too few people.

Plain computing over records: no SQL. `views.sql` groups the open weeks by the same rule, one grouping at a time; a
closed week (`publication.py`) has all its groupings checked together (`differences.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from ledger.differences import Column, Row, unprotected
from ledger.uncertainty import gap_interval

SMALL = "(small groups)"

Side = Literal["team", "category", "assistant", "model", "cause"]
SIDES: tuple[Side, ...] = ("team", "category", "assistant", "model", "cause")
Name = TypeVar("Name", str, tuple[str, str])
TABLED: tuple[Side, ...] = ("category", "assistant", "cause")  # those that teams are shown by
AT_ONCE = 20  # of so many cells that could be hidden one is, before all is looked through again


@dataclass(frozen=True, slots=True)
class Cell:
    """What one person did in one week, in one team, category, assistant and model."""

    person: str
    team: str
    category: str
    assistant: str
    model: str
    calls: int
    turns: int
    judged: int  # turns
    air: int  # of these, those that are worth next to nothing
    value: float
    cause: str = "(no air)"  # why the turns are air


@dataclass(frozen=True, slots=True)
class Shown:
    """One group's figures. None for a side: all of it."""

    team: str | None
    category: str | None
    assistant: str | None
    model: str | None
    cause: str | None
    people: int
    raw_calls: int
    turns: int
    judged: int
    value: float | None  # None: no turn is judged, and so are those below
    gap: float | None
    air: float | None
    interval: tuple[float, float] | None  # of the gap. None: of few people, or neither the total's nor a team's


@dataclass(slots=True)
class Members:
    """Who is in a group, and whose turns of it are judged: value is about these alone."""

    people: set[str] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)

    def add(self, cell: Cell) -> None:
        self.people.add(cell.person)
        if cell.judged:
            self.judged.add(cell.person)

    def join(self, other: "Members") -> None:
        self.people |= other.people
        self.judged |= other.judged

    def are_few(self, few: int) -> bool:
        return len(self.people) < few or 0 < len(self.judged) < few


def left_out(cells: Sequence[Cell], few: int) -> set[str]:
    """Name the teams whose turns are in no figure: the small ones, if all of them together are small too."""
    small, shown_together = _small_teams(cells, few)
    return set() if shown_together else small


def universe(cells: Sequence[Cell], few: int) -> list[Cell]:
    """Give the cells that figures are made of: all but those left out, with the small teams as one group."""
    small, shown_together = _small_teams(cells, few)
    if not shown_together:
        return [cell for cell in cells if cell.team not in small]
    return [replace(cell, team=SMALL) if cell.team in small else cell for cell in cells]


def merged(groups: Mapping[str, Members], few: int) -> set[str]:
    """Name the groups that are shown as one: the small ones, and the smallest others until there are people enough."""
    order = _smallest_first(groups, few)
    small = sum(groups[name].are_few(few) for name in order)
    together = Members()
    for place, name in enumerate(order if small else (), 1):
        together.join(groups[name])
        if place >= small and not together.are_few(few):
            return set(order[:place])
    return set(order) if small else set()


def shown(cells: Sequence[Cell], few: int) -> list[Shown]:
    """Give all figures of one week whose universe these cells are: its total, its groups, and teams by other sides.

    No sum or difference of any of them, weighted as one likes, is about fewer than `few` people, or about fewer whose
    turns are judged. Groups are merged, and cells of tables hidden, until that is so.
    """
    if not cells:
        return []
    week = _Week(cells, few)
    for side in SIDES[1:]:
        week.group(side)
    for side in TABLED:
        week.tabulate(side)
    return list(week.figures())


class _Week:
    def __init__(self, cells: Sequence[Cell], few: int) -> None:
        self._cells = cells
        self._few = few
        self._labels: dict[Side, dict[str, str]] = {"team": {cell.team: cell.team for cell in cells}}
        self._tables: dict[Side, set[tuple[str, str]]] = {}

    def group(self, side: Side) -> None:
        """Show a side's groups: as many apart as are safe beside all that is shown already."""
        groups = _members(self._cells, lambda cell: _name(cell, side))
        order = _smallest_first(groups, self._few)
        together = merged(groups, self._few)
        while True:
            self._labels[side] = {name: SMALL if name in together else name for name in groups}
            apart = [name for name in order if name not in together]
            if not apart or not (unsafe := self._unsafe()):
                return
            suspects = [name for name in apart if any((side, name) in column for column in unsafe)] or apart
            together.update(suspects[: max(1, len(suspects) // 4)])
            if len(together) == 1:
                together.update(name for name in apart[:2])

    def tabulate(self, side: Side) -> None:
        """Show teams by another side: as many cells as are safe."""
        groups = _members(self._cells, lambda cell: (cell.team, self._labels[side][_name(cell, side)]))
        cells = {pair for pair, members in groups.items() if not members.are_few(self._few)}
        while True:
            self._tables[side] = cells
            if not cells or not (unsafe := self._unsafe()):
                return
            pairs = {(self._part(column, "team"), self._part(column, side)) for column in unsafe}
            hidden = set()
            for team, other in pairs:
                near = [pair for pair in cells if pair[0] == team or pair[1] == other] or cells
                smallest = sorted(near, key=lambda pair: (len(groups[pair].people), pair))
                hidden.update(smallest[: max(1, len(smallest) // AT_ONCE)])
            cells = cells - hidden

    def figures(self) -> Iterator[Shown]:
        rows: dict[tuple[str | None, ...], list[Cell]] = defaultdict(list)
        keys: dict[tuple[str, ...], list[tuple[str | None, ...]]] = {}
        for cell in self._cells:
            kind = _kind(cell)
            if kind not in keys:
                keys[kind] = [(None,) * len(SIDES), *map(_key, self._column(kind))]
            for key in keys[kind]:
                rows[key].append(cell)
        for key in sorted(rows, key=lambda key: [(name is not None, name or "") for name in key]):
            yield _row(key, rows[key])

    def _unsafe(self) -> set[Column]:
        """Give what can be told apart though too few people are in it."""
        columns: dict[str, set[Column]] = defaultdict(set)
        judged: dict[str, set[Column]] = defaultdict(set)
        known: dict[tuple[str, ...], Column] = {}
        for cell in self._cells:
            kind = _kind(cell)
            if kind not in known:
                known[kind] = self._column(kind)
            columns[cell.person].add(known[kind])
            if cell.judged:
                judged[cell.person].add(known[kind])
        unsafe = unprotected(columns, self._few)
        return unsafe if unsafe or judged == columns else unprotected(judged, self._few)

    def _column(self, kind: tuple[str, ...]) -> Column:
        """Name the rows that turns of a kind are in."""
        names = dict(zip(SIDES, kind, strict=True))
        column: list[Row] = [(side, labels[names[side]]) for side, labels in self._labels.items()]
        for side, cells in self._tables.items():
            pair = (names["team"], self._labels[side][names[side]])
            if pair in cells:
                column.append((side, *pair))
        return tuple(column)

    @staticmethod
    def _part(column: Column, side: Side) -> str:
        return next(row[1] for row in column if row[0] == side and len(row) == 2)


def _small_teams(cells: Sequence[Cell], few: int) -> tuple[set[str], bool]:
    teams = _members(cells, lambda cell: cell.team)
    small = {team for team, members in teams.items() if members.are_few(few)}
    together = Members()
    for team in small:
        together.join(teams[team])
    return small, bool(small) and not together.are_few(few)


def _row(key: tuple[str | None, ...], cells: Collection[Cell]) -> Shown:
    turns, judged = sum(cell.turns for cell in cells), sum(cell.judged for cell in cells)
    value = sum(cell.value for cell in cells)
    team, category, assistant, model, cause = key
    return Shown(
        team=team,
        category=category,
        assistant=assistant,
        model=model,
        cause=cause,
        people=len({cell.person for cell in cells}),
        raw_calls=sum(cell.calls for cell in cells),
        turns=turns,
        judged=judged,
        value=value if judged else None,
        gap=1 - value / judged if judged else None,
        air=sum(cell.air for cell in cells) / judged if judged else None,
        interval=_interval(cells, team or "") if key[1:] == (None,) * len(key[1:]) else None,
    )


def _interval(cells: Collection[Cell], seed: str) -> tuple[float, float] | None:
    shares: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for cell in cells:
        value, judged = shares[cell.person]
        shares[cell.person] = (value + cell.value, judged + cell.judged)
    return gap_interval(list(shares.values()), seed)


def _members(cells: Iterable[Cell], name: Callable[[Cell], Name]) -> dict[Name, Members]:
    groups: dict[Name, Members] = defaultdict(Members)
    for cell in cells:
        groups[name(cell)].add(cell)
    return dict(groups)


def _kind(cell: Cell) -> tuple[str, ...]:
    return tuple(_name(cell, side) for side in SIDES)


def _key(row: Row) -> tuple[str | None, ...]:
    """Give the names of a row by their sides; a cell of a table has its team's too."""
    names = {row[0]: row[-1]} | ({"team": row[1]} if len(row) > 2 else {})
    return tuple(names.get(side) for side in SIDES)


def _name(cell: Cell, side: Side) -> str:
    return str(getattr(cell, side))


def _smallest_first(groups: Mapping[str, Members], few: int) -> list[str]:
    return sorted(groups, key=lambda name: (not groups[name].are_few(few), len(groups[name].people), name))
