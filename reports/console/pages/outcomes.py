"""What teams brought about beside what their usage was worth, and whether the two go together. Never value alone."""

from collections.abc import Sequence

from datasette import Response

from reports.console.pages.team import least
from reports.console.visits import Shown, Visit
from reports.outcomes.metrics import METRICS
from reports.outcomes.panel import Panel, TeamWeek
from reports.outcomes.relation import COVERED
from reports.outcomes.rendering import few_kinds, sentence

WEEKS = 12  # of a manager's team, the newest


async def show(visit: Visit) -> Response:
    """Show a week of all teams, or to managers the weeks of their own; and the verdicts, which are of all teams."""
    panel = visit.figures.beside.panel
    if panel is None or not panel.rows:
        return await visit.page("outcomes_empty.html", panel=panel)
    weeks = sorted({row.week for row in panel.rows})
    if visit.reader.role == "manager":
        week, tables = None, await _of_teams(visit, panel)
    else:
        week = chosen if (chosen := visit.argument("week")) in weeks else weeks[-1]
        rows = [row for row in panel.rows if row.week == week]
        tables = [("Teams", rows, await visit.show("outcomes_of_week", week=week))]
    at = weeks.index(week) if week else 0
    return await visit.page(
        "outcomes.html",
        panel=panel,
        metrics=METRICS,
        tables=tables,
        week=week,
        earlier=weeks[at - 1] if week and at else None,
        later=weeks[at + 1] if week and at + 1 < len(weeks) else None,
        sentences=[sentence(related) for related in panel.related],
        few_kinds=few_kinds(panel),
        covered=COVERED,
        unmatched=len(panel.unmatched) if visit.reader.role == "admin" else 0,
    )


async def _of_teams(visit: Visit, panel: Panel) -> list[tuple[str, Sequence[TeamWeek], Shown]]:
    few = await least(visit)
    tables: list[tuple[str, Sequence[TeamWeek], Shown]] = []
    for team in sorted(visit.reader.teams):
        rows = [row for row in panel.rows if row.team == team and row.people >= few][: -WEEKS - 1 : -1]
        if rows:
            tables.append((team, rows, await visit.show("outcomes_of_team", team=team, least=few)))
    return tables
