"""`assay ledger repair` beside a proxy that runs, and `assay up` with a ledger that cannot be used."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from tests.assay.running import assay, running, wait_until
from tests.assay.test_proxy_killed import upstream

__all__ = ["upstream"]

GARBAGE = b"no database, but long enough to be looked at " * 100


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as ledger:
        try:
            return int(ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except sqlite3.Error:
            return -1


def test_everything_goes_on_while_the_ledger_is_broken_and_once_it_is_mended(tmp_path: Path, upstream: str) -> None:
    """All parts start, say once what is wrong, and end up with every call judged, and the console to look at it."""
    ledger = tmp_path / "usage.db"
    ledger.write_bytes(GARBAGE)
    options = ("--upstream", upstream, "--listen", "127.0.0.1:0", "--db", "usage.db")
    with running("up", *options, home=tmp_path, ASSAY_CLASSIFIER__BACKEND="rules") as up:
        url = next(word for word in up.until("listens on").split() if word.startswith("http")).rstrip(",")
        up.until("ready")
        with httpx.Client(base_url=url, trust_env=False) as client:
            for number in range(5):
                body = {"model": "m", "messages": [{"role": "user", "content": f"question {number}"}]}
                assert client.post("/v1/chat/completions", json=body).status_code == 200
        assert ledger.read_bytes() == GARBAGE
        done = assay("ledger", "repair", "--db", "usage.db", home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "the broken ledger is now usage.db.broken-2" in done.stderr
        up.until("the console is at")
        wait_until(lambda: count(ledger, "judgements") == 5)
    assert count(ledger, "calls") == 5
    said = [line for line in up.said if "no ledger, or is corrupt" in line]
    assert len(said) == 3  # each part once
    assert any("The console waits until then" in line for line in said)
    assert any("Traffic goes on, and calls wait in usage.db.spool" in line for line in said)
    assert any("The classifier waits until then" in line for line in said)
    assert any("the ledger takes calls again: 5 waited, 0 were lost" in line for line in up.said)
    (aside,) = (
        file for file in tmp_path.glob("usage.db.broken-*") if "-wal" not in file.name and "-shm" not in file.name
    )
    assert aside.read_bytes() == GARBAGE


def test_a_whole_ledger_is_left_alone(tmp_path: Path) -> None:
    assay("classify", "--once", "--db", "usage.db", "--backend", "rules", home=tmp_path)
    before = (tmp_path / "usage.db").read_bytes()
    done = assay("ledger", "repair", "--db", "usage.db", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "assay: the ledger usage.db is whole: nothing was done\n"
    assert (tmp_path / "usage.db").read_bytes() == before
