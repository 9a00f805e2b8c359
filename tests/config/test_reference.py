"""The settings as documents show them are the settings as declared."""

from pathlib import Path

from config import reference
from config.loading import fields, load


def test_default_toml_is_made_from_the_settings() -> None:
    """`make docs` writes it anew."""
    assert reference.DEFAULT_TOML.read_text(encoding="utf-8") == reference.default_toml()


def test_default_toml_holds_the_defaults(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.touch()
    assert load(reference.DEFAULT_TOML).model_dump() == load(empty).model_dump()


def test_the_readmes_table_is_made_from_the_settings() -> None:
    """`make docs` writes it anew."""
    readme = reference.README.read_text(encoding="utf-8")
    assert readme.count(reference.BEGIN) == 1
    assert reference.with_table(readme) == readme


def test_every_setting_is_in_both() -> None:
    for name, _ in fields():
        assert f"`{name}`" in reference.table()
        assert f"{name.partition('.')[2]} =" in reference.default_toml()
