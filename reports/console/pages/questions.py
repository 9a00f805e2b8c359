"""The named queries with their SQL, and SQL of one's own."""

from datasette import Response

from reports.console.visits import Visit
from reports.queries import queries


async def show(visit: Visit) -> Response:
    """List every query."""
    return await visit.page("queries.html", queries=list(queries().values()))
