"""A team's weeks. Managers see their own teams, and only weeks in which enough people asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasette import Response

from reports.console.numbers import is_over
from reports.console.pages import gaps
from reports.console.pages.weeks import CHARTED, Series, gap_trend
from reports.console.visits import Row, Visit

OWN_TEAM = 10  # people, for the manager's view, where the ledger's policy says nothing


@dataclass(frozen=True, slots=True)
class Tile:
    """A team and its newest weeks that are over, oldest first; none, where none can be shown."""

    team: str
    weeks: Sequence[Row]

    def trend(self) -> str:
        """Draw the gap of the weeks."""
        return gap_trend([row["gap"] for row in self.weeks])


async def show_all(visit: Visit) -> Response:
    """List the teams that the reader may open, each with its gap."""
    few = await least(visit)
    shown = await visit.show("gap_by_team_and_week")
    rows = [row for row in shown.rows if row["people"] >= few and is_over(row["week"], visit.today)]
    tiles = [Tile(team, [row for row in rows if row["team"] == team][-CHARTED:]) for team in await _teams(visit)]
    return await visit.page("teams.html", tiles=tiles, shown=shown, least=few)


async def show(visit: Visit) -> Response:
    """Show one team."""
    name = visit.part("team")
    if name not in await _teams(visit):
        return await visit.refuse(403, "This team is not yours to see, or has too few people to be shown.")
    few = await least(visit)
    series = Series(await visit.show("team_weeks", team=name, least=few), visit.argument("week"), visit.today)
    if series.week is None:
        return await visit.page("team_empty.html", team=name, least=few)
    given = {"team": name, "week": series.week["week"], "least": few}
    return await visit.page(
        "team.html",
        team=name,
        series=series,
        change=await visit.show("team_gap_change", **given),
        air=await visit.show("team_air_by_cause", **given),
        tables=[(by, await visit.show(f"team_by_{by}", **given)) for by in ("category", "assistant")],
        least=few,
        reading=await gaps.read(visit, series, await visit.show("team_closed_weeks", team=name, least=few), name),
    )


async def least(visit: Visit) -> int:
    """Tell how many people a team must have to be shown to this reader."""
    policy = {row["name"]: row["value"] for row in (await visit.show("policy_rows")).rows}
    shown = int(policy.get("min_group", 5))
    return shown if visit.reader.role == "admin" else max(shown, int(policy.get("min_own_team", OWN_TEAM)))


async def _teams(visit: Visit) -> list[str]:
    if visit.reader.role == "manager":
        return sorted(visit.reader.teams)
    return [row["team"] for row in (await visit.show("teams")).rows]
