"""Measuring a judge."""

import json
from pathlib import Path

import pytest

from classifiers.errors import BadLine
from classifiers.evaluation import evaluate
from classifiers.rules import RulesJudge

TEXTS = {
    0: ("hi", "chat"),
    1: ("what is the capital of Peru", "question"),
    2: ("write a letter to the tenants about the lift", "writing"),
    3: ("debug the import: it must finish before 6:00 but fails 3 times with a timeout, compare both plans", "coding"),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Labelled prompts, ten of each of four levels."""
    lines = [
        json.dumps(
            {
                "id": f"{level}-{copy}",
                "turns": [{"role": "user", "text": f"{text} {copy}"}],
                "level": level,
                "category": category,
                "work": "yes",
                "lang": "en" if copy % 2 else "de",
            }
        )
        for level, (text, category) in TEXTS.items()
        for copy in range(10)
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_the_report_has_figures_with_intervals_and_bars(data: Path) -> None:
    """Every figure lies in its interval, and the main ones say whether the bar is met."""
    told: list[tuple[str, int, int]] = []
    found = evaluate(RulesJudge(), data, progress=lambda *step: told.append(step))
    rows = {row.figure: row for row in found.rows}
    assert rows["spearman"].value > 0.5
    assert all(row.low <= row.value <= row.high for row in found.rows if row.figure != "calibration error")
    assert told[-1] == ("judging", 40, 40)
    assert sum(map(sum, found.confusion)) == 40
    assert {row.figure for row in found.baselines} >= {
        "length of the prompt",
        "keyword count",
        "fixed minutes per action",
        "rules",
    }
    text = found.markdown()
    assert "| spearman |" in text
    assert "met" in text
    assert "Peru" not in text
    assert json.loads(json.dumps(found.as_json()))["items"] == 40


def test_small_slices_are_not_shown(data: Path) -> None:
    """A slice of ten items says nothing."""
    names = {name for name, *_ in evaluate(RulesJudge(), data, baselines=False).slices}
    assert "English" in names
    assert "category chat" not in names


def test_the_same_seed_gives_the_same_report(data: Path) -> None:
    """Intervals too."""
    assert evaluate(RulesJudge(), data).markdown() == evaluate(RulesJudge(), data).markdown()


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """There is nothing to measure on."""
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(BadLine, match="nothing to measure"):
        evaluate(RulesJudge(), tmp_path / "none.jsonl")
