"""What the figures rest on, and whether everything runs."""

from datasette import Response

from reports.console.visits import Visit


async def show(visit: Visit) -> Response:
    """Show shares, the queue, and who judged."""
    return await visit.page(
        "coverage.html",
        coverage=await visit.show("how_covered"),
        queue=await visit.show("what_waits"),
        classifiers=await visit.show("who_judged"),
        policy=await visit.show("policy_rows"),
        weights=await visit.show("weights_today"),
        checked=visit.console.checked,
    )
