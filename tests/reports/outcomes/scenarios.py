"""Companies with a known truth, what the report should say of each, and how often it does.

`WEAK`: the effect of value on changes is 0.2 of their own noise (a correlation of about 0.18 within
teams): it takes about 24 teams and 52 weeks to be found in nine of ten companies, and less is not promised.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date

from ledger.outcomes import Outcome
from ledger.usage import Usage
from reports.outcomes.metrics import METRICS
from reports.outcomes.panel import Verdict, beside
from tests.reports.outcomes.companies import Truth, company

LED = "changes_merged"  # the metric that value leads, where it does
MONDAY = date(2025, 1, 6).toordinal()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A truth, and the verdict on LED that is right. Of the other metrics no relation is ever true."""

    name: str
    truth: Truth
    right: Verdict


@dataclass(frozen=True, slots=True)
class Rates:
    """Of all runs of a scenario."""

    name: str
    right: float  # share with the right verdict on LED, and the right lag where there is a relation
    false: float  # share with "related" said of any metric that is not
    correlation: float  # mean, of LED


WEAK = Truth(teams=24, weeks=52, effect=0.2)
SCENARIOS = (
    Scenario("none", Truth(), "no detectable relation"),
    Scenario("weak", WEAK, "related"),
    Scenario("strong", Truth(effect=0.8), "related"),
    Scenario("lagged", Truth(effect=0.8, lag=2), "related"),
    Scenario("team size", Truth(sizes=0.4), "no detectable relation"),
    Scenario("season", Truth(season=2), "no detectable relation"),
    Scenario("autocorrelated", Truth(memory=0.9), "no detectable relation"),
    Scenario("drift", Truth(drift=1), "no detectable relation"),
    Scenario("all of these", Truth(memory=0.8, season=2, sizes=0.4, drift=1, missing=0.1), "no detectable relation"),
)


def run(scenario: Scenario, seed: int) -> tuple[bool, bool, float]:
    """Tell of one company: whether the verdict was right, whether a false relation was said, and the correlation."""
    made = company(scenario.truth, seed)
    usage = [
        Usage(team, _monday(week), round(people), 0, 0, made.value[team][week] * round(people), None, None)
        for team, weeks in made.people.items()
        for week, people in weeks.items()
    ]
    outcomes = [
        Outcome(team, _monday(week), metric, value, "file", None, METRICS[metric].unit)
        for metric, teams in made.outcomes.items()
        for team, weeks in teams.items()
        for week, value in weeks.items()
    ]
    said = {related.metric: related for related in beside(usage, outcomes).related}
    led = said[LED]
    assert led.relation is not None
    true = {LED} if scenario.truth.effect else set()
    right = led.verdict == scenario.right and (not true or led.relation.lag == scenario.truth.lag)
    false = any(related.verdict == "related" for metric, related in said.items() if metric not in true)
    return right, false, led.relation.rho


def rates(runs: int, scenarios: Sequence[Scenario] = SCENARIOS) -> list[Rates]:
    """Run each scenario so many times, each time with another company."""
    found = []
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for scenario in scenarios:
            done = list(pool.map(run, [scenario] * runs, range(runs), chunksize=10))
            found.append(Rates(scenario.name, *(sum(each[part] for each in done) / runs for part in range(3))))
    return found


def _monday(week: int) -> str:
    return date.fromordinal(MONDAY + 7 * week).isoformat()
