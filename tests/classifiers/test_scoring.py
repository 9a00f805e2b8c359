"""Rating files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.errors import BadLine
from classifiers.rules import RulesJudge
from classifiers.scoring import score_file, score_stream, score_text

FIELDS = ["id", "level", "score", "weight", "category", "probabilities", "reasons", "classifier"]


def line(number: int, text: str = "compare the two tariffs") -> str:
    """Write one line of input."""
    return json.dumps({"id": f"n{number}", "turns": [{"role": "user", "text": text}]}) + "\n"


def test_a_text_gets_the_contracts_fields() -> None:
    """Names and order are those of the contract."""
    found = score_text(RulesJudge(), "hello").as_json()
    assert list(found) == FIELDS
    assert (found["level"], found["weight"], found["category"], len(found["probabilities"])) == (0, 0.0, "chat", 5)


def test_lines_come_out_in_order() -> None:
    """Each line has its rating, across batches, blank lines aside, and progress counts them."""
    out: list[str] = []
    told: list[int] = []
    lines = [line(0), "\n", *(line(number) for number in range(1, 20))]
    assert score_stream(RulesJudge(), lines, out.append, told.append) == 20
    assert [json.loads(text)["id"] for text in out] == [f"n{number}" for number in range(20)]
    assert told == list(range(1, 21))


def test_nothing_in_gives_nothing_out() -> None:
    """An empty input is no error."""
    assert score_stream(RulesJudge(), [], lambda text: None) == 0


def test_it_streams() -> None:
    """The first batch is written before the next is read."""
    out: list[str] = []

    def lines() -> Iterator[str]:
        for number in range(24):
            assert number < 9 or len(out) >= 8
            yield line(number)

    assert score_stream(RulesJudge(), lines(), out.append) == 24


def test_a_bad_line_ends_it_after_those_before() -> None:
    """The error names the line, and what came before is written."""
    out: list[str] = []
    with pytest.raises(BadLine, match="line 11: not JSON"):
        score_stream(RulesJudge(), [*(line(number) for number in range(10)), "{oops\n", line(11)], out.append)
    assert len(out) == 10


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """A bad line leaves no half-written file behind."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line(1) + "{\n")
    with pytest.raises(BadLine):
        score_file(RulesJudge(), source, target)
    assert list(tmp_path.iterdir()) == [source]
    source.write_text(line(1) + line(2))
    assert score_file(RulesJudge(), source, target) == 2
    assert len(target.read_text().splitlines()) == 2


def test_lone_surrogates_are_rated() -> None:
    """JSON can carry what UTF-8 cannot."""
    out: list[str] = []
    score_stream(RulesJudge(), ['{"id": 1, "turns": [{"role": "user", "text": "what is \\ud800"}]}'], out.append)
    assert json.loads(out[0])["id"] == 1
