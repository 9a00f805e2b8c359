"""`assay explain` on a real ledger, judged by the real command."""

import json
from pathlib import Path

from tests.assay.running import assay
from tests.assay.test_classify import TEXT, ledger_with_a_turn


def test_it_says_why_without_the_prompt(tmp_path: Path) -> None:
    ledger = tmp_path / "usage.db"
    ledger_with_a_turn(ledger)
    assert assay("classify", "--once", "--db", ledger, home=tmp_path).returncode == 0
    said = assay("explain", "1", "--db", ledger, home=tmp_path)
    assert said.returncode == 0
    assert "judgement   level" in said.stdout
    assert TEXT not in said.stdout
    found = json.loads(assay("explain", "1", "--json", "--db", ledger, home=tmp_path).stdout)
    assert len(found["at"]) == len("2026-11-25")  # the day alone
    assert found["value"] == found["weight"] * found["novelty"] * found["attention"]


def test_a_turn_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ledger = tmp_path / "usage.db"
    ledger_with_a_turn(ledger)
    said = assay("explain", "12", "--db", ledger, home=tmp_path)
    assert said.returncode == 1
    assert "has no turn 12" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
