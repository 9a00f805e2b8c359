"""Puts the console together: Datasette with our plugin alone, behind the gate."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from datasette.app import Datasette
from datasette.plugins import DEFAULT_PLUGINS, pm

from reports.console import numbers, plugin
from reports.console.access import Admission, Reader, Role
from reports.console.charts import share_bar
from reports.console.figures import DATABASE, Figures
from reports.console.gate import Gate
from reports.console.own import Own
from reports.console.pages import PAGES
from reports.console.pages.audit import Audited
from reports.console.sessions import Passwords, Sessions

HERE = Path(__file__).parent
# Of Datasette's own: neither who one is by its cookie, nor how it shows an error.
UNWANTED = ("datasette.actor_auth_cookie", "datasette.handle_exception", "datasette.default_menu_links")
SETTINGS = {
    "sql_time_limit_ms": 1000,
    "facet_time_limit_ms": 200,
    "max_returned_rows": 1000,
    "default_page_size": 100,
    "suggest_facets": False,
    "allow_download": False,
    "allow_csv_stream": False,
    "max_csv_mb": 10,
    "num_sql_threads": 3,
    "default_cache_ttl": 0,
}
# Datasette's pages on the copy of the aggregates, as regexes over the path.
DATASETTES = (
    rf"/{DATABASE}(\.(json|csv))?",
    rf"/{DATABASE}/[\w~-]+(\.(json|csv))?",
    rf"/{DATABASE}/[\w~-]+/[\w~,-]+(\.json)?",
)


@dataclass(frozen=True, slots=True)
class Console:
    """What the pages need beside Datasette."""

    figures: Figures
    admission: Admission
    sessions: Sessions
    passwords: Passwords
    checked: str | None = None  # how the classifier did on prompts that it had not seen, in a sentence
    own: Own | None = None
    audited: Callable[[], Audited] | None = None
    connections: list[sqlite3.Connection] = field(default_factory=list)  # Datasette's, to be closed at the end

    @staticmethod
    def allowed(role: Role) -> Sequence[re.Pattern[str]]:
        """Give the paths that a role may open. No other is."""
        ours = [page.path for page in PAGES if role in page.roles]
        return [re.compile(path) for path in (*ours, *(DATASETTES if role == "admin" else ()))]


@contextmanager
def assembled(
    figures: Figures,
    admission: Admission,
    secret: bytes,
    checked: str | None = None,
    own: Own | None = None,
    audited: Callable[[], Audited] | None = None,
) -> Iterator[Gate]:
    """Give the ASGI application for a block. `secret`: 32 bytes that sign sessions and forms."""
    _keep_our_plugins()
    sessions = Sessions(secret, admission.accounts)
    console = Console(figures, admission, sessions, Passwords(admission.accounts), checked, own, audited)
    datasette = _datasette(figures, secret, console)

    async def refuse(status: int, sentence: str, reader: Reader | None) -> str:
        template = datasette.jinja_env.get_template("refusal.html")
        menu = [page for page in PAGES if page.menu and reader and reader.role in page.roles]
        said = {"status": status, "sentence": sentence, "reader": reader, "menu": menu, "here": "", "figures": figures}
        return str(await template.render_async(said))

    try:
        yield Gate(datasette.app(), admission, sessions, Console.allowed, refuse)
    finally:
        datasette.executor.shutdown()
        for connection in console.connections:
            connection.close()


def _datasette(figures: Figures, secret: bytes, console: Console) -> Datasette:
    datasette = Datasette.__new__(Datasette)
    plugin.CONSOLES[datasette] = console  # before its hooks are first called, in what follows
    datasette.__init__(
        [str(figures.path)],
        settings=SETTINGS,
        secret=secret.hex(),
        template_dir=str(HERE / "templates"),
        static_mounts=[("assets", str(HERE / "static"))],
        metadata={"title": "Assay"},
    )
    datasette.jinja_env.filters.update(numbers.FILTERS)
    datasette.jinja_env.globals["bar"] = share_bar
    return datasette


def _keep_our_plugins() -> None:
    """Let nothing else that is installed take part in this process."""
    for found in list(pm.get_plugins()):
        name = pm.get_name(found) or ""
        if found is not plugin and (name not in DEFAULT_PLUGINS or name in UNWANTED):
            pm.unregister(found)
    if not pm.is_registered(plugin):
        pm.register(plugin, "assay")
