"""Every query that the README offers to admins runs, and gives rows, on a ledger that has usage in it."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.store import Ledger
from tests.ledger.facts import entered, judged

README = Path(__file__).parents[2] / "README.md"
MARKED = re.compile(r"<!-- queries -->(.*?)<!-- /queries -->", re.DOTALL)
BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def queries() -> list[str]:
    """Take the SQL blocks between README's markers; none where there are no markers."""
    marked = MARKED.search(README.read_text()) if README.exists() else None
    return BLOCK.findall(marked[1]) if marked else []


@pytest.fixture
def filled(ledger: Ledger, db: Path) -> Path:
    """Usage of today, so that queries about today find some."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    judged(ledger, 6, turns=2, calls=3, at=now)
    judged(ledger, 6, verdict={"level": 0, "category": "chat"}, at=now)
    entered(ledger, at=now)
    return db


def test_the_readme_offers_five_queries() -> None:
    """Between the markers, each in a block of its own."""
    assert len(queries()) == 5


@pytest.mark.parametrize("number", range(5))
def test_each_query_gives_rows(filled: Path, number: int) -> None:
    """With Python's own SQLite, and the same with the sqlite3 shell where there is one."""
    sql = queries()[number]
    with closing(sqlite3.connect(filled)) as connection:
        rows = connection.execute(sql).fetchall()
    assert rows
    assert all(value is not None for row in rows for value in row)
    if shell := shutil.which("sqlite3"):
        done = subprocess.run([shell, str(filled), sql], capture_output=True, text=True, check=True)
        assert len(done.stdout.splitlines()) == len(rows)
