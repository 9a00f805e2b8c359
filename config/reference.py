"""Writes the settings down for people: config/default.toml and the README's table, and the keys of dialect files.

`make docs` runs it.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from config.dialects import is_path, keys
from config.loading import detail, fields, variable
from config.settings import Settings

DEFAULT_TOML = Path(__file__).with_name("default.toml")
README = Path(__file__).parent.parent / "README.md"
DIALECTS = README.parent / "docs" / "dialects.md"
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


def keys_table() -> str:
    """Write the table of a dialect file's keys, in Markdown."""
    rows = [f"| `{name}` | {_key_cell(field)} | {field.description} |" for name, field in keys()]
    return "\n".join(["| key | default | |", "| --- | --- | --- |", *rows]) + "\n"


def with_table(document: str, name: str, table: str) -> str:
    """Put a table between the marks of its name."""
    before, begin, rest = document.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    return f"{before}{begin}\n{table}{end}{after}"


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


def _key_cell(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    if field.default is None:
        return "not set"
    default: tuple[str, ...] = field.default
    return f"`{_toml(default[0] if is_path(field) else default)}`"


def _wrapped(text: str) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH:
            yield line
            line = "#"
        line += f" {word}"
    yield line


def write() -> None:
    DEFAULT_TOML.write_text(default_toml(), encoding="utf-8")
    for file, name, content in ((README, "settings", table()), (DIALECTS, "keys", keys_table())):
        file.write_text(with_table(file.read_text(encoding="utf-8"), name, content), encoding="utf-8")


if __name__ == "__main__":
    write()
