"""The map: a TOML file that says whose a repository or project is.

[github]
"acme/shop" = "Growth"
"acme/core" = "*"        # each item is of its author's team, as the teams file has it
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.outcomes.items import Item

BY_AUTHOR = "*"
SCOPE = re.compile(r"(?!\.)[\w.-]+(/(?!\.\.?(/|$))[\w.-]+)*")


class BadMap(Exception):  # noqa: N818 - the file's fault, not ours
    """A map that cannot be used: one sentence with the fix."""


@dataclass(frozen=True, slots=True)
class TeamMap:
    """Teams by repository or project, and by whoever made an item."""

    scopes: Mapping[str, str]  # BY_AUTHOR: the author's
    team_of: Callable[[str], str | None]  # by a name as the source gives it

    def teams(self, item: Item) -> set[str]:
        """Say whose an item is. Empty: nobody's that is known."""
        team = self.scopes[item.scope]
        if team != BY_AUTHOR:
            return {team}
        return {found for person in item.people if (found := self.team_of(person)) is not None}


def read_map(file: Path, kind: str, team_of: Callable[[str], str | None]) -> TeamMap:
    """Read the table of one kind of source. Raises BadMap."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMap(
            f"the map {file} cannot be read ({(error.strerror or 'unknown').lower()}): name it with --map"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise BadMap(
            f'the map {file} is not TOML: write a table [{kind}] with lines as "acme/shop" = "Growth"'
        ) from None
    table: Any = content.get(kind)
    if not isinstance(table, dict) or not table:
        raise BadMap(f'the map {file} has no table [{kind}]: write it, with lines as "acme/shop" = "Growth"')
    for scope, team in table.items():
        if not SCOPE.fullmatch(scope):
            raise BadMap(f'the map {file}: {kind}."{scope}" is no repository or project: write it as "acme/shop"')
        if not isinstance(team, str) or not team.strip():
            raise BadMap(f'the map {file}: {kind}."{scope}" must be the name of a team, or "*" for its authors\' teams')
    return TeamMap({scope: team.strip() for scope, team in table.items()}, team_of)
