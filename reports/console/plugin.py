"""The console as a plugin of Datasette: our pages, what each role may do, and what a query may cost.

Hooks are called for every Datasette of the process; one that is no console is left alone.
"""

import sqlite3
import sys
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError

from ledger.guarding import guard
from reports.console.access import Reader
from reports.console.figures import DATABASE
from reports.console.pages import PAGES
from reports.console.visits import Page, Visit
from reports.queries import queries

if TYPE_CHECKING:
    from reports.console.assembly import Console

CONSOLES: "WeakKeyDictionary[Datasette, Console]" = WeakKeyDictionary()

# What an admin may do in Datasette, and to which database.
ADMINS_MAY: Final = frozenset({"view-instance", "view-database", "view-table", "view-query", "execute-sql"})


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator] # Datasette is not typed
def permission_allowed(datasette: Datasette, actor: dict[str, Any] | None, action: str, resource: Any) -> bool | None:
    """Allow admins to read the copy of the aggregates. Deny the rest, whatever it is."""
    if datasette not in CONSOLES:
        return None
    database = resource[0] if isinstance(resource, tuple) else resource
    is_admin = bool(actor) and (actor or {}).get("role") == "admin"
    return is_admin and action in ADMINS_MAY and database in (None, DATABASE)


@hookimpl  # type: ignore[untyped-decorator] # Datasette is not typed
def register_routes(datasette: Datasette) -> list[tuple[str, Any]]:
    if (console := CONSOLES.get(datasette)) is None:
        return []
    return [(f"^{page.path}$", _view(console, page)) for page in PAGES]


def _view(console: "Console", page: Page) -> Any:
    async def view(datasette: Datasette, request: Request) -> Response:
        return await page.show(Visit(datasette, request, console, _reader(request)))

    return view


@hookimpl  # type: ignore[untyped-decorator] # Datasette is not typed
def canned_queries(datasette: Datasette, database: str) -> dict[str, Any]:
    if datasette not in CONSOLES or database != DATABASE:
        return {}
    return {
        query.name: {"sql": query.sql, "title": query.title, "description": query.about, "params": query.parameters}
        for query in queries().values()
    }


@hookimpl  # type: ignore[untyped-decorator] # Datasette is not typed
def extra_template_vars(datasette: Datasette, request: Request | None) -> dict[str, Any]:
    if (console := CONSOLES.get(datasette)) is None:
        return {}
    reader = _reader(request) if request else Reader("", "employee")
    return {
        "reader": reader if reader.name else None,
        "menu": [page for page in PAGES if page.menu and reader.name and reader.role in page.roles],
        "here": request.path if request else "",
        "figures": console.figures,
        "may_sign_out": bool(request and "assay_session" in request.cookies),
        "db": DATABASE,
    }


@hookimpl  # type: ignore[untyped-decorator] # Datasette is not typed
def render_cell(value: object, datasette: Datasette) -> str | None:
    """Round on pages. JSON and CSV have all digits."""
    if datasette not in CONSOLES or not isinstance(value, float):
        return None
    return f"{value:.4f}".rstrip("0").removesuffix(".")


@hookimpl  # type: ignore[untyped-decorator] # Datasette is not typed
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    if datasette not in CONSOLES:
        return
    CONSOLES[datasette].connections.append(conn)
    if database == DATABASE:
        guard(conn)


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator] # Datasette is not typed
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Any:
    """Say what went wrong in a sentence. Datasette's own would print the values of all variables."""
    if (console := CONSOLES.get(datasette)) is None:
        return None

    async def answer() -> Response:
        status, sentence = _said(exception)
        if request.path.endswith(".json"):
            return Response.json({"ok": False, "error": sentence, "status": status}, status=status)
        return await Visit(datasette, request, console, _reader(request)).refuse(status, sentence)

    return answer


def _said(exception: Exception) -> tuple[int, str]:
    if isinstance(exception, DatasetteError):
        return exception.status, str(exception.message) if not exception.message_is_html else str(exception.title)
    if isinstance(exception, Base400):
        return exception.status, "There is no page at this address." if exception.status == 404 else str(exception)
    if isinstance(exception, sqlite3.Error):
        return 400, f"SQLite refuses the query: {exception}"
    print(f"assay: the console failed at a page ({type(exception).__name__})", file=sys.stderr, flush=True)
    return 500, "This is a bug in Assay: please report it with the address of this page."


def _reader(request: Request) -> Reader:
    actor = request.actor or {"id": "", "role": "employee", "teams": []}
    return Reader(actor["id"], actor["role"], tuple(actor["teams"]))
