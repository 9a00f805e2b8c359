"""Puts the views of `views.sql` into a ledger. They hold no facts, so they have no history: they are replaced.

The last view of the file is a pattern, written once for each grouping, so that gap and air are said once.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from ledger.sql import Connection, statements, writing

Grouping = Literal["team", "week", "category", "assistant", "model"]

# The name of the group that a turn falls into, as SQL over `turn_values`.
GROUPINGS: Mapping[Grouping, str] = {
    "team": "coalesce(team, '(no team)')",
    "week": "week",
    "category": "coalesce(category, '(not judged)')",
    "assistant": "assistant",
    "model": "coalesce(model, '(no model)')",
}
PARTITIONED: tuple[Grouping, ...] = ("team", "category", "assistant", "model")
SMALL_TEAM = "CASE WHEN t.people >= (SELECT people FROM few) THEN c.grp ELSE '(small groups)' END"


def usage_view(by: Grouping) -> str:
    """Name the view that gives usage by this grouping and week. Raises ValueError for another grouping."""
    if by not in GROUPINGS:
        raise ValueError(f"usage is grouped by one of {', '.join(GROUPINGS)}, not by {by}")
    return "usage_by_week" if by == "week" else f"usage_by_{by}_week"


def closed_usage(by: Grouping) -> str:
    """Write the view of usage by this grouping over closed weeks alone."""
    columns = "week" if by == "week" else f"{by}, week"
    return (
        f"CREATE VIEW {usage_view(by)} AS SELECT {columns}, people, raw_calls, turns, value, gap, air"  # noqa: S608 (names of ours)
        f" FROM published WHERE {_partition(by)}"
    )


def replace_views(connection: Connection) -> None:
    """Make our views say what `views.sql` says, and leave the admins' own views alone."""
    wanted = {_name(statement): statement for statement in _script()}
    if wanted.items() <= connection.views().items():
        return
    with writing(connection):
        connection.make_views(wanted)


def _script() -> Iterator[str]:
    *views, pattern = map(_bare, statements(Path(__file__).with_name("views.sql").read_text()))
    yield from views
    for by, name in GROUPINGS.items():
        yield pattern.format(
            view=usage_view(by),
            name=name,
            grouped=SMALL_TEAM if by == "team" else "c.grp",
            columns="week" if by == "week" else f"{by}, week",
            live="week" if by == "week" else f"grp AS {by}, week",
            partition=_partition(by),
        )


def _partition(by: Grouping) -> str:
    """Say which published rows are a grouping's: those that name its groups, and nothing else."""
    return " AND ".join(f"{each} IS NOT NULL" if each == by else f"{each} IS NULL" for each in PARTITIONED)


def _bare(statement: str) -> str:
    """Cut off the comment before a statement, and its end: SQLite keeps what is between."""
    return statement[statement.index("CREATE VIEW") :].removesuffix(";")


def _name(statement: str) -> str:
    return statement.removeprefix("CREATE VIEW ").partition(" ")[0]
