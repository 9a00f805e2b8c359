"""What docs/identity.md tells operators to write is taken as it stands there."""

import re
from pathlib import Path

import pytest

from config.loading import fields, load
from config.teams import load_teams
from tests.assay.running import ROOT

PAGE = (ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(<!-- teams -->\n)?```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", [text for teams, text in BLOCKS if not teams])
def test_settings_are_settings(tmp_path: Path, block: str) -> None:
    (tmp_path / "assay.toml").write_text(block, encoding="utf-8")
    assert load(tmp_path / "assay.toml").model_fields_set <= {"identity", "token", "proxy"}


def test_the_teams_file_is_one(tmp_path: Path) -> None:
    (block,) = [text for teams, text in BLOCKS if teams]
    (tmp_path / "teams.toml").write_text(block, encoding="utf-8")
    assert load_teams(tmp_path / "teams.toml").people["ana"] == "ana@example.com"


def test_every_setting_of_identity_is_on_the_page() -> None:
    names = [name for name, _ in fields() if name.startswith(("identity.", "token."))]
    missing = [name for name in names if name.partition(".")[2] not in PAGE]
    assert len(names) > 10
    assert missing == []
