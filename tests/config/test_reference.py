"""The settings as documents show them are the settings as declared."""

from pathlib import Path

import pytest

from config import reference
from config.dialects import keys
from config.loading import fields, load


def test_default_toml_is_made_from_the_settings() -> None:
    """`make docs` writes it anew."""
    assert reference.DEFAULT_TOML.read_text(encoding="utf-8") == reference.default_toml()


def test_default_toml_holds_the_defaults(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.touch()
    assert load(reference.DEFAULT_TOML).model_dump() == load(empty).model_dump()


@pytest.mark.parametrize(
    ("file", "name", "table"),
    [
        (reference.README, "settings", reference.table()),
        (reference.DIALECTS, "keys", reference.keys_table()),
    ],
)
def test_the_documents_tables_are_made_from_the_declarations(file: Path, name: str, table: str) -> None:
    """`make docs` writes them anew."""
    document = file.read_text(encoding="utf-8")
    assert document.count(f"<!-- {name} -->") == document.count(f"<!-- /{name} -->") == 1
    assert reference.with_table(document, name, table) == document


def test_every_key_of_a_dialect_is_in_its_table() -> None:
    for name, field in keys():
        assert f"| `{name}` |" in reference.keys_table()
        assert field.description


def test_every_setting_is_in_both() -> None:
    for name, _ in fields():
        assert f"`{name}`" in reference.table()
        assert f"{name.partition('.')[2]} =" in reference.default_toml()
