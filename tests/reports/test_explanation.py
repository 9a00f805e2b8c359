"""An explanation gives the judgement, its reasons and the sum, and nothing of the prompt or the person."""

from contextlib import closing
from pathlib import Path

import pytest

from ledger.store import Ledger
from ledger.usage import Explained
from reports.explanation import render
from tests.ledger.facts import call, judgement, turn

TEXT = "why is the kiln at plant four over 1,400 degrees"


@pytest.fixture
def explained(tmp_path: Path) -> list[Explained | None]:
    """A turn that repeats another, a turn of a program's, one that waits, and one that is not there."""
    path = tmp_path / "usage.db"
    with closing(Ledger.open(path)) as ledger:
        ids = [ledger.open_turn(turn(TEXT, ask=f"ask {n}")) for n in range(3)]
        for kind in ("prompt", "continuation", "continuation"):
            ledger.open_call(call(kind=kind), ids[0])
        ledger.judge(
            [
                judgement(ids[0], level=3, novelty=0.25, duplicate_of=7, reasons=("gives figures", "repeats turn 7")),
                judgement(ids[1], level=0, category="automation"),
            ],
            0,
        )
    with closing(Ledger.read(path)) as read:
        return [read.explained(turn_id) for turn_id in (*ids, 99)]


def test_a_judged_turn(explained: list[Explained | None]) -> None:
    assert explained[0] is not None
    written = render(1, explained[0])
    assert "3 (1 prompt, 2 continuation)" in written or "3 (2 continuation, 1 prompt)" in written
    for part in (
        "level 3 (substantive)",
        "why         gives figures\n            repeats turn 7",
        "weight      0.80 (of level 3 since ",
        "novelty     0.25 (repeats turn 7)",
        "value       0.20 = weight x novelty x attention",
    ):
        assert part in written
    assert TEXT not in written
    assert "0" * 16 not in written


def test_what_a_program_sent_is_worth_nothing_and_says_so(explained: list[Explained | None]) -> None:
    assert explained[1] is not None
    assert "value       0.00 = automation is worth nothing" in render(2, explained[1])


def test_a_turn_that_waits_says_so(explained: list[Explained | None]) -> None:
    assert explained[2] is not None
    assert "none yet" in render(3, explained[2])


def test_a_turn_that_is_not_there_is_none(explained: list[Explained | None]) -> None:
    assert explained[3] is None
