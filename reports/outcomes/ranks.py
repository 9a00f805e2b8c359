"""Ranks within a team, free of what all teams share in a week and of a third series. Parts of `relation.py`.

A series is a team's figures by week: {team: {week number: figure}}. Weeks may be missing.
"""

from collections.abc import Mapping
from statistics import fmean

Series = Mapping[str, Mapping[int, float]]
Ranks = dict[str, dict[int, float]]
SWEEPS = 4  # rounds of taking off weeks' and teams' means in turn: exact at once where no week is missing
FEW_TEAMS = 3  # in a week: what fewer share in it cannot be told from their own


def ranks(series: Series) -> Ranks:
    """Rank each team's weeks among that team's own, from -0.5 to 0.5. Ties share their mean rank."""
    return {team: _ranked(weeks) for team, weeks in series.items()}


def cleared(series: Ranks, held: Ranks) -> Ranks:
    """Take off what the teams share week by week, and what goes along with `held` within a team.

    What is shared may be stronger in one team than in another, so each team is also regressed on the weeks' means.
    """
    means = _week_means(series)
    left = _without_weeks(series)
    return {team: _without(_without(weeks, means), held[team]) for team, weeks in left.items()}


def _ranked(weeks: Mapping[int, float]) -> dict[int, float]:
    ordered = sorted(weeks, key=lambda week: weeks[week])
    places: dict[int, float] = {}
    first = 0
    while first < len(ordered):
        last = first
        while last + 1 < len(ordered) and weeks[ordered[last + 1]] == weeks[ordered[first]]:
            last += 1
        for week in ordered[first : last + 1]:
            places[week] = ((first + last) / 2 + 0.5) / len(ordered) - 0.5
        first = last + 1
    return places


def _without_weeks(series: Ranks) -> Ranks:
    left = {team: dict(weeks) for team, weeks in series.items()}
    for _ in range(SWEEPS):
        means = _week_means(left)
        left = {team: centred({w: f - means.get(w, 0.0) for w, f in weeks.items()}) for team, weeks in left.items()}
    return left


def _week_means(series: Ranks) -> dict[int, float]:
    figures: dict[int, list[float]] = {}
    for weeks in series.values():
        for week, figure in weeks.items():
            figures.setdefault(week, []).append(figure)
    return {week: fmean(those) for week, those in figures.items() if len(those) >= FEW_TEAMS}


def centred(weeks: Mapping[int, float]) -> dict[int, float]:
    """Take off a team's mean."""
    mean = fmean(weeks.values()) if weeks else 0.0
    return {week: figure - mean for week, figure in weeks.items()}


def _without(weeks: Mapping[int, float], held: Mapping[int, float]) -> dict[int, float]:
    """Take off what goes along with `held`, in a straight line."""
    shared = [week for week in weeks if week in held]
    other = centred({week: held[week] for week in shared})
    square = sum(figure * figure for figure in other.values())
    slope = sum(weeks[week] * other[week] for week in shared) / square if square > 1e-12 else 0.0
    return {week: figure - slope * other.get(week, 0.0) for week, figure in weeks.items()}
