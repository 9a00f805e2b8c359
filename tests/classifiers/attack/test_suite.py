"""The suite shows a judge that can be fooled to be fooled, and clears one that cannot."""

import json

import pytest

from classifiers.attack.attacks import ATTACKS, BY_NAME, PREFIX
from classifiers.attack.bases import Bases
from classifiers.attack.report import Outcome, Report
from classifiers.attack.suite import run
from classifiers.labelled import Asked
from classifiers.rules import RulesJudge
from ledger.records import DEFAULT_WEIGHTS
from tests.classifiers.attack.judges import ScriptedJudge, by_length, never_more_than_trivial

BASES = Bases(
    tuple(Asked(f"t{number}", f"how do I spell word {number}?", ()) for number in range(20)),
    tuple(Asked(f"g{number}", f"find why job {number} loses rows. " * 12, ()) for number in range(6)),
)


def attacked(report: Report, name: str) -> Outcome:
    """Find an attack's outcome."""
    return next(outcome for outcome in report.outcomes if outcome.attack == name)


@pytest.mark.parametrize("name", ["logs-after", "code-before", "constraints", "everything"])
def test_a_judge_of_length_is_fooled_by_padding(name: str) -> None:
    outcome = attacked(run(ScriptedJudge(by_length), BASES, [BY_NAME[name]]), name)
    assert outcome.lifted_share > 0.5
    assert not outcome.lifted_met
    assert not outcome.inflation_met
    assert outcome.seconds_a_point is not None
    assert outcome.seconds_a_point < 30


def test_a_judge_of_length_fails_the_mirror_of_short_asks() -> None:
    short, long = run(ScriptedJudge(by_length), BASES, []).mirrors
    assert (short.kept, short.of, short.met) == (0, 62, False)
    assert long.met


def test_a_judge_that_gives_all_the_same_cannot_be_fooled_but_keeps_nothing() -> None:
    report = run(ScriptedJudge(never_more_than_trivial), BASES, budget=200)
    assert [outcome.attack for outcome in report.outcomes] == [attack.name for attack in ATTACKS]
    assert all(outcome.inflation_met and outcome.lifted_met for outcome in report.outcomes)
    assert all(outcome.seconds_a_point is None or outcome.attack == "loops" for outcome in report.outcomes)
    assert not report.met


def test_a_list_of_tiny_asks_may_be_routine_and_no_more() -> None:
    """The rubric grants ten trivial questions level 2."""
    for level, inflation in ((2, 0.0), (3, DEFAULT_WEIGHTS[3] - DEFAULT_WEIGHTS[2])):
        judge = ScriptedJudge(lambda text, level=level: level if "\n" in text else 1)  # type: ignore[misc]
        outcome = attacked(run(judge, BASES, [BY_NAME["tiny-asks"]]), "tiny-asks")
        assert outcome.inflation == pytest.approx(inflation)
        assert outcome.lifted == (20 if level == 3 else 0)


def test_what_was_judged_substantive_without_dress_is_not_lifted() -> None:
    outcome = attacked(run(ScriptedJudge(lambda text: 3), BASES, [BY_NAME["persona"]]), "persona")
    assert (outcome.lifted, outcome.liftable) == (0, 0)
    assert outcome.inflation == 0.0
    assert (outcome.kept, outcome.keepable) == (6, 6)


def test_a_dress_that_hides_genuine_work_is_counted() -> None:
    judge = ScriptedJudge(lambda text: 0 if "Imagine" in text or "persona" in text else 3)
    outcome = attacked(run(judge, BASES, [BY_NAME["persona"]]), "persona")
    assert outcome.kept < outcome.keepable == 6
    assert outcome.inflation < 0


def test_a_searched_prefix_is_measured_on_prompts_that_it_was_not_searched_with() -> None:
    report = run(ScriptedJudge(lambda text: 3 if "Kafka" in text else 1), BASES, [BY_NAME[PREFIX]], budget=1600)
    outcome = attacked(report, PREFIX)
    assert report.prefix is not None
    assert "Kafka" in report.prefix
    assert (outcome.tried, outcome.lifted_share, outcome.lifted_met) == (12, 1.0, False)


def test_the_same_seed_gives_the_same_figures_whatever_else_runs() -> None:
    first = run(RulesJudge(), BASES, seed=3, budget=200)
    assert first == run(RulesJudge(), BASES, seed=3, budget=200)
    alone = run(RulesJudge(), BASES, [BY_NAME["constraints"]], seed=3)
    assert attacked(alone, "constraints") == attacked(first, "constraints")
    assert json.loads(json.dumps(first.as_json()))["attacks"][0]["attack"] == "persona"


def test_progress_is_told_by_stage() -> None:
    said: list[tuple[str, int, int]] = []
    run(
        ScriptedJudge(by_length),
        BASES,
        [BY_NAME["persona"]],
        progress=lambda stage, done, total: said.append((stage, done, total)),
    )
    assert ("persona", 20, 20) in said
    assert all(0 < done <= total for _, done, total in said)
