"""Reads who may see what on the console: the roles file, and the file of password accounts.

Names are in lower case. Whoever the roles file does not name is an employee.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.loading import SettingsError

ROLES_EXAMPLE = 'admins = ["ana@example.com"]'
MANAGERS_EXAMPLE = '"ben@example.com" = ["Sales"]'


@dataclass(frozen=True, slots=True)
class Roles:
    admins: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    managers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # each with their teams


def load_roles(file: Path | None) -> Roles:
    """Read the roles file. Raises SettingsError."""
    if file is None:
        return Roles()
    content = _read(file, "console.roles")
    if unknown := set(content) - {"admins", "auditors", "managers"}:
        raise SettingsError(f"{file}: {min(unknown)} is no role: write admins, auditors or [managers]")
    admins = _names(file, "admins", content.get("admins", []))
    auditors = _names(file, "auditors", content.get("auditors", []))
    managers = content.get("managers", {})
    if not isinstance(managers, dict):
        raise SettingsError(f"{file}: managers must be a table with lines as {MANAGERS_EXAMPLE}")
    teams = {name.strip().lower(): _teams(file, name, teams) for name, teams in managers.items()}
    if twice := (admins & auditors) | (admins & teams.keys()) | (auditors & teams.keys()):
        raise SettingsError(f"{file}: {min(twice)} has two roles: keep one")
    return Roles(admins, auditors, teams)


def load_accounts(file: Path | None) -> Mapping[str, str]:
    """Give each account's password hash. Raises SettingsError."""
    if file is None:
        return {}
    content = _read(file, "console.accounts")
    for name, hashed in content.items():
        if not (isinstance(hashed, str) and hashed.startswith("pbkdf2_sha256$") and hashed.count("$") == 3):
            raise SettingsError(f"{file}: {name} must have a hash that assay console password prints")
    return {name.strip().lower(): str(hashed).strip() for name, hashed in content.items()}


def _read(file: Path, setting: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the file {file} cannot be read ({(error.strerror or 'unknown').lower()}): mend {setting}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"the file {file} is not TOML: mend it, or mend {setting}") from None


def _names(file: Path, role: str, names: object) -> frozenset[str]:
    if not _is_names(names):
        raise SettingsError(f"{file}: {role} must be a list of names, as {ROLES_EXAMPLE}")
    assert isinstance(names, list)
    return frozenset(name.strip().lower() for name in names)


def _teams(file: Path, manager: str, teams: object) -> tuple[str, ...]:
    if not _is_names(teams):
        raise SettingsError(f"{file}: manager {manager} must have a list of teams, as {MANAGERS_EXAMPLE}")
    assert isinstance(teams, list)
    return tuple(team.strip() for team in teams)


def _is_names(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) and name.strip() for name in names)
