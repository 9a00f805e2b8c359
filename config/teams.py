"""Reads the teams file: a line a team, with the list of its people as identity sources name them."""

import tomllib
from pathlib import Path

from config.loading import SettingsError


def load_teams(file: Path | None) -> dict[str, str]:
    """Give each name's team; names are in lower case. Raises SettingsError."""
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the teams file {file} cannot be read ({(error.strerror or 'unknown').lower()}): mend identity.teams"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f'the teams file {file} is not TOML: write lines as Sales = ["ana@example.com"]') from None
    teams: dict[str, str] = {}
    for team, people in content.items():
        if not (isinstance(people, list) and all(isinstance(person, str) and person.strip() for person in people)):
            raise SettingsError(f'{file}: team {team} must be a list of names, as {team} = ["ana@example.com"]')
        for person in people:
            if teams.setdefault(person.strip().lower(), team) != team:
                raise SettingsError(
                    f"{file}: {person} is in two teams, {teams[person.strip().lower()]} and {team}: keep one"
                )
    return teams
