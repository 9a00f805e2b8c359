"""Generated documents say what the code says, every query runs, and the site holds together."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from assay.columns import TABLES
from assay.documents import DOCS, schema, tables
from config.reference import with_table
from reports.queries import queries
from tests.assay.running import ROOT
from tests.reports.console.company import found, monday

OPERATORS = "operators.sql"
# All is well in that company, and it asks on Mondays.
EMPTY = {"unreadable_by_client", "failed_calls", "who_looked", "lost_calls", "turns_without_team"}
EMPTY |= {"calls_today", "calls_by_hour"}
MKDOCS = Path(sys.executable).with_name("mkdocs")
GIVEN = {"week": monday(1).date().isoformat(), "team": "Growth", "least": "5", "since": monday(3).date().isoformat()}


@pytest.mark.parametrize(("file", "name", "text"), [pytest.param(*each, id=each[1]) for each in tables()])
def test_generated_documents_are_as_the_code_says(file: Path, name: str, text: str) -> None:
    """`make docs` writes them anew."""
    document = file.read_text(encoding="utf-8")
    assert with_table(document, name, text) == document


def test_every_table_and_column_has_its_words() -> None:
    assert {name: sorted(columns) for name, columns in schema().items()} == {
        name: sorted(words) for name, (_, words) in TABLES.items()
    }


def test_there_are_forty_queries() -> None:
    assert len(queries()) + len(queries(OPERATORS)) >= 40
    assert not set(queries()) & set(queries(OPERATORS))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found(tmp_path_factory.mktemp("company") / "usage.db")


@pytest.mark.parametrize("name", queries(OPERATORS))
def test_operators_queries_give_rows(company: Path, name: str) -> None:
    query = queries(OPERATORS)[name]
    with closing(sqlite3.connect(company)) as connection:
        rows = connection.execute(query.sql).fetchall()
    assert rows or name in EMPTY


@pytest.mark.parametrize("name", queries())
def test_the_consoles_queries_run_on_the_ledger(company: Path, name: str) -> None:
    query = queries()[name]
    with closing(sqlite3.connect(company)) as connection:
        connection.execute(query.sql, {parameter: GIVEN[parameter] for parameter in query.parameters}).fetchall()


@pytest.mark.skipif(not MKDOCS.exists(), reason="mkdocs is installed by `make site` alone")
def test_the_site_is_made_without_a_warning(tmp_path: Path) -> None:
    command = [str(MKDOCS), "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {page.stem for page in DOCS.glob("*.md")}
    assert {page.stem for page in tmp_path.glob("*.html")} >= pages
    for page in tmp_path.glob("*.html"):
        assert not [part for part in page.read_text().split('src="')[1:] if part.startswith(("http:", "https:", "//"))]
