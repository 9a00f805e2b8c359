"""Puts the views of `views.sql` into a ledger. They hold no facts, so they have no history: they are replaced.

The last view of the file is a pattern, written once for each grouping, so that gap and air are said once.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

from ledger.sql import statements, writing

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


def replace_views(connection: sqlite3.Connection) -> None:
    """Make our views say what `views.sql` says, and leave the admins' own views alone."""
    wanted_script = list(_script())
    with closing(sqlite3.connect(":memory:")) as blank:
        for statement in wanted_script:
            blank.execute(statement)
        wanted = _views(blank)
    if wanted.items() <= _views(connection).items():
        return
    with writing(connection):
        for name in wanted:
            connection.execute(f"DROP VIEW IF EXISTS {name}")
        for statement in wanted_script:
            connection.execute(statement)


def _script() -> Iterator[str]:
    *views, pattern = statements(Path(__file__).with_name("views.sql").read_text())
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


def _views(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'"))
