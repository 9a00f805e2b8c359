"""A reader's visit to a page: what they ask, the figures, and the page as an answer."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from reports.console.access import Reader, Role
from reports.console.figures import DATABASE, Figures
from reports.queries import Query, queries

if TYPE_CHECKING:
    from reports.console.assembly import Console

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows of a named query, and how one gets them again."""

    query: Query
    parameters: dict[str, str]
    rows: list[Row]

    @property
    def first(self) -> Row | None:
        return self.rows[0] if self.rows else None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a page of ours."""

    datasette: Datasette
    request: Request
    console: "Console"
    reader: Reader

    @property
    def figures(self) -> Figures:
        return self.console.figures

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    def argument(self, name: str) -> str | None:
        """Give what stands in the address after the question mark."""
        value = self.request.args.get(name)
        return None if value is None else str(value)

    def part(self, name: str) -> str:
        """Give a named part of the path."""
        return unquote(self.request.url_vars[name])

    async def show(self, name: str, **parameters: object) -> Shown:
        """Run a named query. One that reads what this ledger lacks gives no rows."""
        query = queries()[name]
        given = {key: str(value) for key, value in parameters.items()}
        database = self.datasette.get_database(DATABASE)
        try:
            result = await database.execute(query.sql, given, log_sql_errors=False)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return Shown(query, given, [])
        return Shown(query, given, [dict(row) for row in result.rows])

    async def page(self, template: str, code: int = 200, **context: Any) -> Response:
        """Render a page."""
        body = await self.datasette.render_template(template, context, request=self.request)
        return Response.html(body, status=code)

    async def refuse(self, status: int, sentence: str) -> Response:
        """Render a page that only says a sentence."""
        return await self.page("refusal.html", status, status=status, sentence=sentence)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console: a line of the registry in `pages/`."""

    path: str  # a regex over the path as sent
    roles: frozenset[Role]
    show: Callable[[Visit], Awaitable[Response]]
    menu: str | None = None  # its name in the menu; None: it is not there
    address: str = ""  # where the menu leads
