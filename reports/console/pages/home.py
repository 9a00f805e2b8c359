"""What was our AI usage worth, and how much of it was air?"""

from datasette import Response

from reports.console.pages import gaps
from reports.console.pages.weeks import Series
from reports.console.visits import Visit


async def show(visit: Visit) -> Response:
    """Show the company's week. Only admins see teams beside one another."""
    if visit.reader.role == "auditor":
        return Response.redirect("/coverage")
    series = Series(await visit.show("weeks"), visit.argument("week"), visit.today)
    if series.week is None:
        return await visit.page("empty.html", min_group=await min_group(visit))
    week = series.week["week"]
    groupings: tuple[str, ...] = ("category", "assistant", "model")
    if visit.reader.role == "admin":
        groupings = ("team", *groupings)
    return await visit.page(
        "home.html",
        series=series,
        change=await visit.show("gap_change", week=week),
        air=await visit.show("air_by_cause", week=week),
        tables=[(name, await visit.show(f"by_{name}", week=week)) for name in groupings],
        min_group=await min_group(visit),
        reading=await gaps.read(visit, series, await visit.show("closed_weeks")),
    )


async def min_group(visit: Visit) -> int:
    """Tell how many people a group must have to be shown."""
    policy = {row["name"]: row["value"] for row in (await visit.show("policy_rows")).rows}
    return int(policy.get("min_group", 5))
