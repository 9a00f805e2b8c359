"""Reads the teams file: a line a team, with the list of its people as identity sources name them; and a table of those
who have several names.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.loading import SettingsError

PEOPLE = "people"  # the table of other names


@dataclass(frozen=True, slots=True)
class Teams:
    """Names are in lower case."""

    teams: Mapping[str, str] = field(default_factory=dict)  # by a person's name
    people: Mapping[str, str] = field(default_factory=dict)  # a person's name by another one of theirs


def load_teams(file: Path | None) -> Teams:
    """Give each name's team and person. Raises SettingsError."""
    if file is None:
        return Teams()
    content = _read(file)
    people = content.pop(PEOPLE) if isinstance(content.get(PEOPLE), dict) else {}
    teams: dict[str, str] = {}
    for team, name in _lists(file, content, "team", 'Sales = ["ana@example.com"]'):
        if teams.setdefault(name, team) != team:
            raise SettingsError(f"{file}: {name} is in two teams, {teams[name]} and {team}: keep one")
    names: dict[str, str] = {}
    for person, name in _lists(file, people, "person", '"ana@example.com" = ["key:5f0c6a4be1d2937a"]'):
        if names.setdefault(name, person.strip().lower()) != person.strip().lower():
            raise SettingsError(f"{file}: {name} stands for two people, {names[name]} and {person}: keep one")
    return Teams(teams, names)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the teams file {file} cannot be read ({(error.strerror or 'unknown').lower()}): mend identity.teams"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f'the teams file {file} is not TOML: write lines as Sales = ["ana@example.com"]') from None


def _lists(file: Path, content: Mapping[str, Any], noun: str, example: str) -> Iterator[tuple[str, str]]:
    """Give each key with each name of its list."""
    for key, names in content.items():
        if not (isinstance(names, list) and all(isinstance(name, str) and name.strip() for name in names)):
            raise SettingsError(f"{file}: {noun} {key} must be a list of names, as {example}")
        for name in names:
            yield key, name.strip().lower()
