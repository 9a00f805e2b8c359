"""The commands take a database's URL where they take a path."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from ledger.address import Address
from ledger.store import Ledger
from tests.assay.running import assay, children, running, wait_until
from tests.ledger.facts import judged
from tests.ledger.straight import rows

HELLO = {"model": "m", "messages": [{"role": "user", "content": "Draft the plan for the move of our office."}]}


def test_from_the_prompt_to_its_explanation(tmp_path: Path, database: Address) -> None:
    """Proxy and classifier, each by the URL, and what reads what they wrote."""
    url = database.url
    options = ("--mode", "reverse:http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", url)
    with running("proxy", *options, home=tmp_path) as proxy:
        address = proxy.until("listens on").partition("listens on ")[2].partition(",")[0]
        with httpx.Client(base_url=address, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=HELLO).status_code == 502
        wait_until(lambda: rows(database, "SELECT count(*) FROM calls WHERE response_bytes IS NOT NULL") == [(1,)])
    done = assay("classify", "--once", "--backend", "rules", "--db", url, home=tmp_path)
    assert "1 turns judged" in done.stderr
    explained = assay("explain", "1", "--json", "--db", url, home=tmp_path)
    assert json.loads(explained.stdout)["calls"] == {"prompt": 1}
    assert [file.suffix for file in (tmp_path / ".local/state/assay").glob("*.key")] == [".key"]
    for command in ("prune", "publish", "doctor"):
        assert "Traceback" not in assay(command, "--db", url, home=tmp_path).stderr


def test_up_keeps_the_url_out_of_the_list_of_processes(tmp_path: Path, database: Address) -> None:
    """And both parts find it."""
    options = ("--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0")
    with running("up", *options, home=tmp_path, ASSAY_LEDGER__PATH=database.url) as up:
        up.until("ready")
        parts = children(up.process.pid)
        assert len(parts) >= 2
        assert not any("postgresql://" in part.arguments for part in parts)
        said = "\n".join(up.said)
    assert "Traceback" not in said


def test_figures_come_into_a_file(tmp_path: Path, database: Address) -> None:
    """As they stand in the database."""
    with closing(Ledger.open(database)) as ledger:
        judged(ledger, 6, at="2025-11-24T09:00:00.000Z")
    done = assay("publish", "--db", database.url, "--to", tmp_path / "usage.db", home=tmp_path)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "usage.db")) as reading:
        assert reading.execute("SELECT team, people, turns FROM usage_by_team_week").fetchall() == [("Sales", 6, 6)]


def test_a_report_is_the_same_from_either_store(tmp_path: Path, database: Address) -> None:
    for place in (database, tmp_path / "usage.db"):
        with closing(Ledger.open(place)) as ledger:
            judged(ledger, 5, turns=2, calls=2)
            judged(ledger, 5, team=None, verdict={"level": 1})
    said = [
        assay("report", "--db", place, "--format", "json", home=tmp_path).stdout
        for place in (database.url, str(tmp_path / "usage.db"))
    ]
    assert said[0] == said[1]
    assert '"Sales"' in said[0]


def test_a_host_with_other_keys_is_refused(tmp_path: Path, database: Address) -> None:
    """With the fix."""
    arguments = ("classify", "--once", "--backend", "rules", "--db", database.url)
    assert assay(*arguments, home=tmp_path).returncode == 0
    (tmp_path / "other").mkdir()
    refused = assay(*arguments, home=tmp_path / "other")
    assert refused.returncode == 1
    assert "are not those of the other hosts of the ledger" in refused.stderr
    assert "copy their key file" in refused.stderr
    assert "are not those of the other hosts" in assay("console", "--db", database.url, home=tmp_path / "other").stderr
    (key,) = (tmp_path / ".local/state/assay").glob("*.key")
    assert assay(*arguments, home=tmp_path / "other", ASSAY_LEDGER__KEY=str(key)).returncode == 0


def test_a_password_is_never_said(tmp_path: Path) -> None:
    for url in ("postgresql://ana:hunter2@127.0.0.1:9/usage", "mysql://ana:hunter2@127.0.0.1/usage"):
        for command in (("report",), ("classify", "--once", "--backend", "rules"), ("doctor",)):
            done = assay(*command, "--db", url, home=tmp_path)
            assert done.returncode in (1, 2)
            assert "hunter2" not in done.stdout + done.stderr
            assert "Traceback" not in done.stderr


def test_without_psycopg_there_is_one_sentence(tmp_path: Path) -> None:
    """Which says what to install."""
    (tmp_path / "absent" / "psycopg").mkdir(parents=True)
    (tmp_path / "absent" / "psycopg" / "__init__.py").write_text("raise ImportError")
    here = Path(__file__).parents[2]
    done = assay("report", "--db", "postgresql:///usage", home=tmp_path, PYTHONPATH=f"{tmp_path / 'absent'}:{here}")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("pip install 'assay[postgres]'), or name a file with --db")
    assert len(done.stderr.splitlines()) == 1
