"""Writes the settings down for people: config/default.toml, and the table in the README. `make docs` runs it."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from config.loading import detail, fields, variable
from config.settings import Settings

DEFAULT_TOML = Path(__file__).with_name("default.toml")
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
WIDTH = 118


def default_toml() -> str:
    """Write every setting with its help and default."""
    return "\n".join(_toml_lines()) + "\n"


def table() -> str:
    """Write the README's table, in Markdown."""
    rows = [
        f"| `{name}` | {_cell(field)} | {str(field.description).replace('|', chr(92) + '|')} |"
        for name, field in fields()
    ]
    return "\n".join(["| setting | default | |", "| --- | --- | --- |", *rows]) + "\n"


def with_table(readme: str) -> str:
    """Put the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}{END}{rest.partition(END)[2]}"


def _toml_lines() -> Iterator[str]:
    yield "# Every setting with its default. Made from config/settings.py by `make docs`: copy to assay.toml, and keep"
    yield f"# there what you change. The environment wins over the file: {variable('ledger.path')} sets ledger.path."
    section = ""
    for name, field in fields():
        if (now := name.partition(".")[0]) != section:
            section = now
            about = Settings.model_fields[section].annotation
            yield ""
            yield f"[{section}] # {about.__doc__}"
        yield from _wrapped(str(field.description))
        key = name.partition(".")[2]
        yield f"# {key} =" if field.default is None else f"{key} = {_toml(field.default)}"


def _toml(value: object) -> str:
    """Write a value as TOML, which JSON's strings, numbers and lists are too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _cell(field: FieldInfo) -> str:
    option = detail(field, "option")
    shown = "not set" if field.default in (None, "", ()) else f"`{_toml(field.default)}`"
    return f"{shown}; `{option}`" if option else shown


def _wrapped(text: str) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH:
            yield line
            line = "#"
        line += f" {word}"
    yield line


if __name__ == "__main__":
    DEFAULT_TOML.write_text(default_toml(), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
