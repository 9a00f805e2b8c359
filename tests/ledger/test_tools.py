"""The ledger opens with the tools that admins have: the sqlite3 shell, sqlite-utils and Datasette."""

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from ledger.store import Ledger
from tests.ledger.facts import judged

QUERY = "SELECT team, turns FROM usage_by_team_week"


@pytest.fixture
def filled(ledger: Ledger, db: Path) -> Path:
    judged(ledger, 5, turns=2)
    return db


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3 shell here")
def test_the_sqlite3_shell(filled: Path) -> None:
    """While the proxy holds it open."""
    done = subprocess.run(["sqlite3", str(filled), QUERY], capture_output=True, text=True, check=True)
    assert done.stdout == "Sales|10\n"


def test_sqlite_utils(filled: Path) -> None:
    """Its command lists tables; its library knows keys and references."""
    command = [sys.executable, "-m", "sqlite_utils", "tables", str(filled), "--counts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '{"table": "turns", "count": 10}' in done.stdout
    with closing(Database(filled)) as database:
        assert database.table("judgements").pks == ["turn_id", "classifier"]
        assert [(key.column, key.other_table) for key in database.table("calls").foreign_keys] == [("turn_id", "turns")]
        assert list(database.query(QUERY)) == [{"team": "Sales", "turns": 10}]


def test_datasette(filled: Path) -> None:
    """Views are pages of their own."""
    given = {}
    for page in ("usage_by_team_week.json?_shape=array", "judgements.json?_shape=array"):
        command = [sys.executable, "-m", "datasette", str(filled), "--get", f"/{filled.stem}/{page}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        given[page.partition(".")[0]] = json.loads(done.stdout)
    assert [(row["team"], row["turns"]) for row in given["usage_by_team_week"]] == [("Sales", 10)]
    assert len(given["judgements"]) == 10
