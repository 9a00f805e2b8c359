"""Options of commands, made from the settings that they set: name, help and default are declared there, once."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from assay.failure import MISUSED, Failure
from config.loading import FILE_VARIABLE, SettingsError, detail, fields, load
from config.settings import Settings

Command = Callable[..., None]


def with_settings(*names: str) -> Callable[[Command], Command]:
    """Give a command the settings as its first argument, `--config`, and an option for each named setting."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(config: Path | None, **given: Any) -> None:
            own = {name: given.pop(_parameter(name)) for name in names}
            command(read_settings(config, own), **given)

        decorated: Command = run
        for name in reversed(names):
            decorated = _option(name)(decorated)
        return click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"Settings, in TOML; assay.toml here if there is one, or as {FILE_VARIABLE} names.",
        )(decorated)

    return decorate


def read_settings(config: Path | None, given: dict[str, Any]) -> Settings:
    """Read the settings; what is wrong with them ends the command."""
    try:
        return load(config, given)
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None


def _option(name: str) -> Callable[[Command], Command]:
    field = dict(fields())[name]
    option = str(detail(field, "option"))
    default = f"  [{field.default}]" if field.default else ""
    return click.option(option, _parameter(name), metavar=_metavar(option), help=f"{field.description}{default}")


def _parameter(name: str) -> str:
    return name.replace(".", "__")


def _metavar(option: str) -> str:
    return {"--db": "PATH", "--listen": "HOST:PORT", "--model": "FOLDER"}.get(option, option.strip("-").upper())
