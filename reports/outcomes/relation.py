"""Whether a team's value and an outcome go together: rank correlation within teams, and what chance alone would give.

What cannot make a relation here: that a large team has more of both (each team's weeks are ranked among its own, and
the number of its people is held constant), that all teams have their quiet weeks together (a week's mean is taken off),
and that both series drift (chance is what one team's value says of another team's outcome, drift and all).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from math import sqrt
from operator import mul

from reports.outcomes.ranks import Ranks, Series, cleared, ranks

LAGS = range(5)  # weeks by which an outcome may follow value
DRAWS = 2000  # of chance, and of the bootstrap
LEVEL = 0.02  # a relation is said to be one where chance gives as strong a one less often, corrected
COVERED = 0.95  # of the bootstrap's correlations lie within the interval
MIN_TEAMS = 6  # with fewer, too few pairs of teams are left to tell chance from a relation
MIN_WEEKS = 8  # a team with fewer is left out
NINE_OF_TEN = 1.28  # standard deviations below which nine of ten draws lie
FIXED = 0.5  # of the teams may keep their own outcome in a draw of chance


@dataclass(frozen=True, slots=True)
class Relation:
    """How value and one outcome go together."""

    rho: float  # Spearman's, within teams, -1 to 1, at `lag`
    low: float  # the interval's bounds, by teams drawn anew
    high: float
    lag: int  # weeks by which the outcome follows
    p: float  # how often chance gives as strong a one at any of the lags
    teams: int
    team_weeks: int
    detectable: float  # the correlation that would have been found in nine of ten cases


def relation(
    value: Series, outcome: Series, people: Series, lags: Sequence[int] = LAGS, seed: str = "assay", metrics: int = 1
) -> Relation | None:
    """Relate value a person to an outcome. The same figures and `seed` give the same answer.

    `metrics`: how many outcomes are looked at, for what would have been found. None: there is too little to tell.
    """
    teams = sorted(
        team for team in value if team in outcome and len(value[team].keys() & outcome[team].keys()) >= MIN_WEEKS
    )
    if len(teams) < MIN_TEAMS:
        return None
    held = ranks({team: people[team] for team in teams})
    xs = cleared(ranks({team: value[team] for team in teams}), held)
    ys = cleared(ranks({team: outcome[team] for team in teams}), held)
    products = {lag: _products(teams, xs, ys, lag) for lag in lags}
    own = {each: _strength([[one[0] for one in row] for row in products[each]], range(len(teams))) for each in lags}
    lag = max(lags, key=lambda each: (abs(own[each]), -each))
    drawing = random.Random(seed)  # noqa: S311 - draws that can be made again, no secret
    chance = _chance(products, len(teams), drawing)
    low, high = _interval(products[lag], len(teams), drawing)
    return Relation(
        rho=_rho([products[lag][team][team] for team in range(len(teams))]),
        low=low,
        high=high,
        lag=lag,
        p=(1 + sum(strongest >= abs(own[lag]) - 1e-12 for strongest in chance)) / (1 + len(chance)),
        teams=len(teams),
        team_weeks=sum(1 for team in teams for week in ys[team] if week - lag in xs[team]),
        detectable=_detectable(products[lag], chance, metrics),
    )


def corrected(ps: Mapping[str, float]) -> dict[str, float]:
    """Correct for looking at several outcomes at once, after Holm."""
    done: dict[str, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(ps, key=lambda each: (ps[each], each))):
        highest = max(highest, min(1.0, ps[name] * (len(ps) - place)))
        done[name] = highest
    return done


Product = tuple[float, float, float]  # of two teams' series: xy, xx, yy
Products = list[list[Product]]  # of team i's value and team j's outcome


def _products(teams: Sequence[str], xs: Ranks, ys: Ranks, lag: int) -> Products:
    """Multiply each team's value with each team's outcome, `lag` weeks later."""
    weeks = sorted({week for team in teams for week in ys[team]})
    x_rows = [_row(xs[team], [week - lag for week in weeks]) for team in teams]
    y_rows = [_row(ys[team], weeks) for team in teams]
    return [[_product(*x_row, *y_row) for y_row in y_rows] for x_row in x_rows]


Row = tuple[list[float], list[float], list[float]]  # figures, their squares, and 1 where there is one


def _row(series: Mapping[int, float], weeks: Sequence[int]) -> Row:
    figures = [series.get(week, 0.0) for week in weeks]
    return figures, [figure * figure for figure in figures], [float(week in series) for week in weeks]


def _product(
    x: list[float], xx: list[float], x_there: list[float], y: list[float], yy: list[float], y_there: list[float]
) -> Product:
    return sum(map(mul, x, y)), sum(map(mul, xx, y_there)), sum(map(mul, yy, x_there))


def _rho(products: Sequence[Product]) -> float:
    xy, xx, yy = (sum(parts) for parts in zip(*products, strict=True))
    return xy / sqrt(xx * yy) if xx > 0 and yy > 0 else 0.0


def _strength(shown: Sequence[Sequence[float]], partners: Sequence[int]) -> float:
    """Say how much the teams agree: the sum of what each shows over its own spread, up to the root of their number.

    `shown`: the products xy of each team's value with each team's outcome. A correlation alone would take for a
    relation what one or two teams with long waves show by chance.
    """
    drawn = [row[partner] for row, partner in zip(shown, partners, strict=True)]
    spread = sqrt(sum(map(mul, drawn, drawn)))
    return sum(drawn) / spread if spread > 0 else 0.0


def _chance(products: Mapping[int, Products], teams: int, drawing: random.Random) -> list[float]:
    """Give the greatest strength of any lag where each team's value meets another team's outcome, draw by draw."""
    shown = [[[product[0] for product in row] for row in each] for each in products.values()]
    strongest: list[float] = []
    partners = list(range(teams))
    while len(strongest) < DRAWS:
        drawing.shuffle(partners)
        if sum(starmap(int.__eq__, enumerate(partners))) <= teams * FIXED:
            strongest.append(max(abs(_strength(each, partners)) for each in shown))
    return strongest


def _interval(products: Products, teams: int, drawing: random.Random) -> tuple[float, float]:
    own = [products[team][team] for team in range(teams)]
    rhos = sorted(_rho(drawing.choices(own, k=teams)) for _ in range(DRAWS))
    outside = round((1 - COVERED) / 2 * DRAWS)
    return rhos[outside], rhos[-1 - outside]


def _detectable(products: Products, chance: Sequence[float], metrics: int) -> float:
    """Say about how strong a relation must be to be found in nine of ten cases: so much over chance's bound."""
    teams = len(products)
    bound = sorted(chance)[min(len(chance) - 1, int((1 - LEVEL / metrics) * len(chance)))]
    others = [products[team][other] for team in range(teams) for other in range(teams) if team != other]
    xy = sum(each[0] ** 2 for each in others) / len(others)
    xx, yy = (sum(each[part] for each in others) / len(others) for part in (1, 2))
    if bound**2 >= teams or xx <= 0 or yy <= 0:
        return 1.0
    t = bound / sqrt(1 - bound**2 / teams)  # strength as a mean over its standard error
    return min(1.0, sqrt(xy / (xx * yy * teams)) * (t + NINE_OF_TEN * sqrt(1 + t * t / (2 * teams))))
