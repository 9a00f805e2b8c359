"""Reads settings: the command line wins over the environment, that over the file, and that over the defaults.

Whatever is wrong ends in one sentence with the fix. It quotes no value, as some are secrets.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from config.settings import Settings

PREFIX = "ASSAY_"
FILE_VARIABLE = "ASSAY_CONFIG"
USUAL_FILE = Path("assay.toml")


class SettingsError(Exception):
    """A setting is unknown or has a bad value: one sentence with the fix."""


def load(file: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings. `file` is the one named on the command line; `options` has dotted names ("ledger.path"), and
    what is None there was not given. Raises SettingsError.
    """
    file = file or _file_of_environment() or (USUAL_FILE if USUAL_FILE.is_file() else None)
    in_file = {} if file is None else _read(file)
    _refuse_unknown(in_file, file)
    _refuse_unknown_variables()
    given = {name: value for name, value in (options or {}).items() if value is not None}
    sources = _Sources(given, in_file, file)
    try:
        return _reading(file)(**_nested(given))  # type: ignore[arg-type] # validated there
    except ValidationError as error:
        raise SettingsError(sources.sentence(error)) from None


def fields() -> Iterator[tuple[str, FieldInfo]]:
    """Give every setting with its dotted name, in order of declaration."""
    for section, field in Settings.model_fields.items():
        assert field.annotation is not None
        for name, inner in field.annotation.model_fields.items():
            yield f"{section}.{name}", inner


def variable(name: str) -> str:
    """Name the environment variable of a setting: `ledger.path` is ASSAY_LEDGER__PATH."""
    return PREFIX + name.replace(".", "__").upper()


def detail(field: FieldInfo, key: str) -> Any:
    """Give what a setting's declaration says beyond its type: `must` or `option`."""
    assert isinstance(field.json_schema_extra, dict)
    return field.json_schema_extra[key]


class _Sources:
    """Says which source a bad value came from."""

    def __init__(self, given: Mapping[str, Any], in_file: Mapping[str, Any], file: Path | None) -> None:
        self._given = given
        self._in_file = in_file
        self._file = file

    def sentence(self, error: ValidationError) -> str:
        section, name, *_ = (*error.errors(include_url=False, include_input=False)[0]["loc"], "", "")
        dotted = f"{section}.{name}" if name else str(section)
        field = dict(fields()).get(dotted)
        if field is None:
            return f"{self._file}: {dotted} must be a table, as [{dotted}]"
        return f"{self._place(dotted, field)} must {detail(field, 'must')}"

    def _place(self, dotted: str, field: FieldInfo) -> str:
        section, _, name = dotted.partition(".")
        if dotted in self._given:
            return str(detail(field, "option") or dotted)
        if variable(dotted) in (known.upper() for known in os.environ):
            return f"the environment's {variable(dotted)}"
        if name in self._in_file.get(section, {}):
            return f"{self._file}: {dotted}"
        return f"the default of {dotted}"


def _reading(file: Path | None) -> type[Settings]:
    """Make the Settings that read this file."""

    class Reading(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            from_file = [] if file is None else [TomlConfigSettingsSource(settings_cls, file)]
            return (init_settings, env_settings, *from_file)

    return Reading


def _file_of_environment() -> Path | None:
    value = os.environ.get(FILE_VARIABLE)
    return Path(value).expanduser() if value else None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the settings file {file} cannot be read ({(error.strerror or 'unknown').lower()}): "
            f"name one that exists with --config or {FILE_VARIABLE}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {file} is not TOML ({_where(error)}): mend it") from None


def _where(error: ValueError) -> str:
    """Say where a TOML file is wrong. The parser's words quote a character at most."""
    return str(error) if isinstance(error, tomllib.TOMLDecodeError) else "its bytes are not UTF-8"


def _refuse_unknown(in_file: Mapping[str, Any], file: Path | None) -> None:
    known = [name for name, _ in fields()]
    for section, content in in_file.items():
        if section in Settings.model_fields:
            names = [f"{section}.{name}" for name in content] if isinstance(content, dict) else []
        else:
            names = [f"{section}.{name}" for name in content] if isinstance(content, dict) and content else [section]
        for name in names:
            if name not in known:
                raise SettingsError(_unknown(f"{file}: there is no setting {name}", name, known))


def _refuse_unknown_variables() -> None:
    known = {variable(name) for name, _ in fields()}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.upper() not in known | {FILE_VARIABLE}:
            raise SettingsError(_unknown(f"the environment's {name} sets nothing", name.upper(), sorted(known)))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0) or known
    return f"{what}: did you mean {near[0]}?"


def _nested(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for dotted, value in given.items():
        section, _, name = dotted.partition(".")
        nested.setdefault(section, {})[name] = value
    return nested
