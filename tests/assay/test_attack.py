"""`assay attack` prints each attack's figures beside its bar, as a table and as JSON."""

import json
from pathlib import Path

from tests.assay.running import assay

RULES = ("--backend", "rules", "--attack", "persona", "--attack", "loops", "--sample", "10")


def test_it_prints_a_table_with_bars_and_no_prompt(tmp_path: Path) -> None:
    done = assay("attack", *RULES, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Without dress" in done.stdout
    assert all(word in done.stdout for word in ("persona", "loops", "inflation", "< 0.08", "≤ 5%", "≥ 90%"))
    assert "jargon" not in done.stdout
    assert "Genuine asks, very short, no dress:" in done.stdout
    assert "bar" in done.stdout


def test_json_has_the_same_figures_each_time(tmp_path: Path) -> None:
    first, again = (assay("attack", *RULES, "--json", home=tmp_path) for _ in range(2))
    assert first.stdout == again.stdout
    said = json.loads(first.stdout)
    assert [one["attack"] for one in said["attacks"]] == ["persona", "loops"]
    assert said["judge"] == "rules-1"
    assert said["plain"]["trivial"] == 10


def test_a_company_can_attack_with_prompts_of_its_own(tmp_path: Path) -> None:
    line = {
        "id": 1,
        "turns": [{"role": "user", "text": "hi"}],
        "level": 0,
        "category": "chat",
        "work": "no",
    }
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = assay("attack", *RULES, "--json", "--data", "own.jsonl", home=tmp_path)
    persona = json.loads(done.stdout)["attacks"][0]
    assert (persona["tried"], persona["keepable"], persona["kept share"]) == (1, 0, None)
    (tmp_path / "own.jsonl").write_text(json.dumps(line | {"level": 3}) + "\n", encoding="utf-8")
    refused = assay("attack", *RULES, "--data", "own.jsonl", home=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "own.jsonl" in refused.stderr
    assert "no prompt here is labelled 0 or 1" in refused.stderr
    assert refused.stderr.count("\n") == 1
