"""The map says whose a repository is, or is refused with what to write."""

from pathlib import Path

import pytest

from reports.outcomes.mapping import BadMap, read_map


def test_a_map(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('[github]\n"acme/shop" = "Growth"\n"acme/core" = "*"\n[jira]\nSHOP = "Growth"\n', encoding="utf-8")
    assert read_map(file, "github", lambda _: None).scopes == {"acme/shop": "Growth", "acme/core": "*"}
    assert read_map(file, "jira", lambda _: None).scopes == {"SHOP": "Growth"}


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("[github", "is not TOML: write a table"),
        ("[jira]\nSHOP = 'Growth'", r"has no table \[github\]: write it"),
        ("[github]", r"has no table \[github\]"),
        ("github = 1", r"has no table \[github\]"),
        ('[github]\n"acme/shop" = ["Growth"]', "must be the name of a team"),
        ('[github]\n"acme/shop" = " "', "must be the name of a team"),
        ('[github]\n"acme/../../user" = "Growth"', "is no repository or project"),
        ('[github]\n"acme/shop?x" = "Growth"', "is no repository or project"),
        ('[github]\n"a\\" OR 1=1" = \'Growth\'', "is no repository or project"),
    ],
)
def test_a_bad_map(tmp_path: Path, text: str, fix: str) -> None:
    file = tmp_path / "map.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadMap, match=fix):
        read_map(file, "github", lambda _: None)


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadMap, match=r"cannot be read \(no such file or directory\): name it with --map"):
        read_map(tmp_path / "none.toml", "github", lambda _: None)
