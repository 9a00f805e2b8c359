"""The teams file gives each name its team, and is refused in one sentence."""

from pathlib import Path

import pytest

from config.loading import SettingsError
from config.teams import Teams, load_teams


def test_each_name_gets_its_team_in_lower_case(tmp_path: Path) -> None:
    file = tmp_path / "teams.toml"
    file.write_text('Sales = ["Ana@Example.com", "10.1.0.0/16"]\n"R & D" = ["key:0a1b"]\n', encoding="utf-8")
    assert load_teams(file).teams == {"ana@example.com": "Sales", "10.1.0.0/16": "Sales", "key:0a1b": "R & D"}
    assert load_teams(None) == Teams()


def test_a_person_may_have_several_names(tmp_path: Path) -> None:
    """A team may be called people all the same."""
    file = tmp_path / "teams.toml"
    file.write_text('[people]\n"Ana@Example.com" = ["key:0a1b", "ANA"]\n', encoding="utf-8")
    assert load_teams(file) == Teams({}, {"key:0a1b": "ana@example.com", "ana": "ana@example.com"})
    file.write_text('people = ["ana"]\n', encoding="utf-8")
    assert load_teams(file) == Teams({"ana": "people"}, {})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Sales = ana", "is not TOML"),
        ('Sales = "ana"', "team Sales must be a list of names"),
        ("Sales = [1]", "team Sales must be a list of names"),
        ('Sales = ["ana"]\nOps = ["Ana"]', "ana is in two teams, Sales and Ops: keep one"),
        ('[people]\nana = "key:0a1b"', "person ana must be a list of names"),
        ('[people]\nana = ["key:0a1b"]\nbob = ["KEY:0a1b"]', "key:0a1b stands for two people, ana and bob: keep one"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "teams.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=sentence):
        load_teams(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_teams(tmp_path / "missing.toml")
