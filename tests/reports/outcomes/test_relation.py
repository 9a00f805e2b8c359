"""A relation is said where there is one, and is not made of sizes, seasons and drift."""

from collections.abc import Mapping

import pytest

from reports.outcomes.ranks import cleared, ranks
from reports.outcomes.relation import MIN_TEAMS, MIN_WEEKS, Relation, corrected, relation
from tests.reports.outcomes.companies import Figures, Truth, company
from tests.reports.outcomes.scenarios import SCENARIOS, Scenario, rates, run

SMALL = 6  # companies each, of which few may be misjudged


def related(truth: Truth, seed: int = 1, metric: str = "changes_merged") -> Relation | None:
    made = company(truth, seed)
    return relation(made.value, made.outcomes[metric], made.people)


def test_a_strong_relation_and_its_lag() -> None:
    """With the interval around it, and how much it rests on."""
    found = related(Truth(effect=2, lag=3))
    assert found is not None
    assert (found.lag, found.teams, found.team_weeks) == (3, 12, 12 * 27)
    assert 0 < found.low < found.rho < found.high
    assert found.rho > 0.7 > found.detectable
    assert found.p < 0.002


def test_a_relation_downwards() -> None:
    found = related(Truth(effect=-2))
    assert found is not None
    assert found.high < -0.5
    assert found.p < 0.002


def test_the_same_figures_give_the_same_answer() -> None:
    """In whatever order the teams come."""
    made = company(Truth(), 3)

    def backwards(series: Mapping[str, Mapping[int, float]]) -> Figures:
        return {team: dict(series[team]) for team in sorted(series, reverse=True)}

    changes = made.outcomes["changes_merged"]
    assert relation(made.value, changes, made.people) == relation(
        backwards(made.value), backwards(changes), backwards(made.people)
    )


def test_too_little_to_tell() -> None:
    """Too few teams, or too few weeks in which both are known."""
    assert related(Truth(teams=MIN_TEAMS)) is not None
    assert related(Truth(teams=MIN_TEAMS - 1)) is None
    assert related(Truth(weeks=MIN_WEEKS - 1)) is None


@pytest.mark.parametrize("figure", [0.0, 7.0])
def test_an_outcome_that_never_moves_is_related_to_nothing(figure: float) -> None:
    made = company(Truth(), 1)
    still = {team: dict.fromkeys(weeks, figure) for team, weeks in made.value.items()}
    found = relation(made.value, still, made.people)
    assert found is not None
    assert (found.rho, found.p, found.detectable) == (0, 1, 1)


def test_ranks_are_within_a_team_and_ties_share() -> None:
    assert ranks({"a": {1: 10, 2: 30, 3: 20, 4: 30}, "b": {1: 5}}) == {
        "a": {1: -0.375, 3: -0.125, 2: 0.25, 4: 0.25},
        "b": {1: 0.0},
    }


def test_what_all_teams_share_in_a_week_is_taken_off() -> None:
    """So a company's season leaves nothing behind."""
    shared = {team: {week: float(week * week % 7) for week in range(20)} for team in "abcdef"}
    held = {team: dict.fromkeys(range(20), 0.0) for team in "abcdef"}
    left = cleared(ranks(shared), held)
    assert max(abs(figure) for weeks in left.values() for figure in weeks.values()) < 1e-9


def test_what_goes_along_with_the_number_of_people_is_taken_off() -> None:
    held = {team: {week: float((week * place) % 7 - 3) for week in range(21)} for place, team in enumerate("abcdef", 1)}
    left = cleared(held, held)
    for team, weeks in left.items():
        assert abs(sum(figure * held[team][week] for week, figure in weeks.items())) < 1e-9


def test_correction_for_several_metrics() -> None:
    """After Holm: the smallest counts for all, and none is ever under one before it."""
    assert corrected({"a": 0.01, "b": 0.004, "c": 0.6, "d": 0.011}) == pytest.approx(
        {"b": 0.016, "a": 0.03, "d": 0.03, "c": 0.6}
    )
    assert corrected({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_few_companies(scenario: Scenario) -> None:
    """The small version of the bar below."""
    if scenario.name == "weak":
        assert run(scenario, 0)[0]
        return
    done = [run(scenario, seed) for seed in range(SMALL)]
    assert sum(right for right, _, _ in done) >= SMALL - 1
    assert sum(false for _, false, _ in done) <= 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_companies_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Right in nine of ten, and fewer than one in twenty with a relation that is none."""
    found = rates(200)
    with capsys.disabled():
        for rate in found:
            print(f"\n{rate.name:<16} right {rate.right:6.1%}  false {rate.false:6.1%}", end="")
    assert all(rate.right >= 0.9 for rate in found), found
    assert all(rate.false < 0.05 for rate in found), found
