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
PARTITIONED = ("team", "category", "assistant", "model")
SMALL_TEAM = "CASE WHEN t.people >= (SELECT people FROM few) THEN c.grp ELSE '(small groups)' END"


def usage_view(by: Grouping) -> str:
    """Name the view that gives usage by this grouping and week. Raises ValueError for another grouping."""
    if by not in GROUPINGS:
        raise ValueError(f"usage is grouped by one of {', '.join(GROUPINGS)}, not by {by}")
    return "usage_by_week" if by == "week" else f"usage_by_{by}_week"


def replace_views(connection: Connection) -> None:
    """Make our views say what `views.sql` says, and leave the admins' own views alone."""
    wanted = {_name(statement): statement for statement in _script()}
    if wanted.items() <= connection.views().items():
        return
    with writing(connection):
        for name, statement in wanted.items():
            connection.make_view(name, statement)


def _script() -> Iterator[str]:
    *views, pattern = map(_bare, statements(Path(__file__).with_name("views.sql").read_text()))
    yield from views
    for by, name in GROUPINGS.items():
        others = [each for each in PARTITIONED if each != by]
        partition = [f"{each} IS NULL" for each in others] + ([] if by == "week" else [f"{by} IS NOT NULL"])
        yield pattern.format(
            view=usage_view(by),
            name=name,
            grouped=SMALL_TEAM if by == "team" else "c.grp",
            columns="week" if by == "week" else f"{by}, week",
            live="week" if by == "week" else f"grp AS {by}, week",
            partition=" AND ".join(partition),
        )


def _bare(statement: str) -> str:
    """Cut off the comment before a statement, and its end: SQLite keeps what is between."""
    return statement[statement.index("CREATE VIEW") :].removesuffix(";")


def _name(statement: str) -> str:
    return statement.removeprefix("CREATE VIEW ").partition(" ")[0]
