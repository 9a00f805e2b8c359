"""Invents companies whose truth is known: teams with value a person and outcomes by week, related as one asks."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

Figures = dict[str, dict[int, float]]


@dataclass(frozen=True, slots=True)
class Company:
    """What the report gets to see of it: value a person, people, and outcomes by metric."""

    value: Figures
    people: Figures
    outcomes: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Truth:
    """How a company is made. Strengths are in standard deviations of a week's own noise."""

    teams: int = 12
    weeks: int = 30
    effect: float = 0.0  # of value's own movement on the number of changes
    lag: int = 0
    memory: float = 0.3  # of last week's figure that stays in this week's
    season: float = 0.0  # what all teams share in a week, in value and in outcomes
    sizes: float = 0.0  # how far teams' sizes wander, and how much of both totals follows them
    drift: float = 0.0  # each team's own trend over all the weeks, in value and in outcomes
    missing: float = 0.0  # share of the team-weeks that are not shown


def company(truth: Truth, seed: int) -> Company:
    drawing = random.Random(f"{truth} {seed}")
    season = _wandering(drawing, truth.weeks, 0.8)
    named = {f"team {number:02d}": _team(truth, drawing, season) for number in range(truth.teams)}
    metrics = ("changes_merged", "lead_time_hours", "change_failure_rate")
    return Company(
        value={name: team[0] for name, team in named.items()},
        people={name: team[1] for name, team in named.items()},
        outcomes={
            metric: {name: team[2][place] for name, team in named.items()} for place, metric in enumerate(metrics)
        },
    )


def _team(
    truth: Truth, drawing: random.Random, season: list[float]
) -> tuple[dict[int, float], dict[int, float], list[dict[int, float]]]:
    weeks, level = truth.weeks, drawing.uniform(6, 40)
    steps = _wandering(drawing, weeks, 0.9)
    sizes = [max(5, round(level * math.exp(truth.sizes * step))) for step in steps]
    strength = drawing.uniform(0.5, 1.5)  # of the season in this team
    ups = [drawing.gauss(0, truth.drift) for _ in range(4)]
    own = _wandering(drawing, weeks, truth.memory)

    def moved(noise: list[float], place: int) -> list[float]:
        slope = ups[place]
        return [
            noise[week] + truth.season * strength * season[week] + slope * (week / weeks - 0.5) * 3.5
            for week in range(weeks)
        ]

    value = moved(own, 0)
    noise = [_wandering(drawing, weeks, truth.memory) for _ in range(3)]
    led = [own[week - truth.lag] if week >= truth.lag else drawing.gauss(0, 1) for week in range(weeks)]
    changes = moved([noise[0][week] + truth.effect * led[week] for week in range(weeks)], 1)
    shown = [week for week in range(weeks) if drawing.random() >= truth.missing]
    per_person = {week: 3 * math.exp(0.3 * value[week]) for week in shown}
    people = {week: float(sizes[week]) for week in shown}
    outcomes = [
        {week: sizes[week] ** (1 if truth.sizes else 0) * math.exp(0.3 * changes[week]) for week in shown},
        {week: 20 * math.exp(0.4 * figure) for week, figure in enumerate(moved(noise[1], 2)) if week in people},
        {week: 1 / (1 + math.exp(-figure)) for week, figure in enumerate(moved(noise[2], 3)) if week in people},
    ]
    return per_person, people, outcomes


def _wandering(drawing: random.Random, weeks: int, memory: float) -> list[float]:
    """Give a series of variance 1 that keeps `memory` of each week's figure in the next."""
    figures = [drawing.gauss(0, 1)]
    for _ in range(weeks - 1):
        figures.append(memory * figures[-1] + math.sqrt(1 - memory**2) * drawing.gauss(0, 1))
    return figures
