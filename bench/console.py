"""How fast the console's pages answer, how heavy they are, and how long its copy of the figures takes to be made.

Run as `python -m bench.console [TURNS]`: over 30 days, of 5,000 people in 200 teams, weeks that are over published.
Prints one line a page: the median and the slowest of 30 requests, one after the other, over a real socket. Uses a
temporary folder, about 700 bytes a turn.
"""

import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from bench.publication import fill
from ledger.outcomes import Outcome
from ledger.store import Ledger

ADMIN, AUDITOR = "ana@example.com", "aud@example.com"
EMPLOYEE = f"{42 * 7919:016x}"  # one of the 5,000, under whose own name the rows stand
PAGES = (
    "/",
    "/teams",
    "/teams/Team%2042",
    "/outcomes",
    "/events",
    "/coverage",
    "/queries",
    "/glossary",
    "/usage",
    "/usage/usage_by_team_week",
    "/usage/weeks.json",
    "/usage/gap_by_team_and_week",
    "/usage/usage_by_team_week.csv",
)
TOLD = ("changes_merged", "lead_time_hours", "change_failure_rate", "satisfaction")
SETTINGS = """
[console]
trusted_peers = ["127.0.0.1/32"]
roles = "roles.toml"
[identity]
mode = "plain"
plain_reason = "invented people"
"""
REQUESTS = 30
ASSAY = (sys.executable, "-m", "assay")


@contextmanager
def console(db: Path) -> Iterator[str]:
    """Run the console behind a front proxy, which is this benchmark; give its address."""
    config = db.with_name("assay.toml")
    config.write_text(SETTINGS)
    db.with_name("roles.toml").write_text(f'admins = ["{ADMIN}"]\nauditors = ["{AUDITOR}"]\n')
    process = subprocess.Popen(  # noqa: S603 (a command of ours)
        [*ASSAY, "console", "--config", str(config), "--db", str(db), "--listen", "127.0.0.1:0"],
        cwd=db.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        yield (
            next(line for line in process.stderr if "console is at " in line).partition(" is at ")[2].partition(" ")[0]
        )
    finally:
        process.terminate()
        process.wait()


def tell(db: Path) -> None:
    """Enter four outcomes of each team and closed week."""
    with closing(Ledger.open(db)) as ledger, closing(sqlite3.connect(db)) as connection:
        rows = connection.execute("SELECT DISTINCT team, week FROM published WHERE team LIKE 'Team %'").fetchall()
        for team, week in rows:
            ledger.outcomes.enter(Outcome(team, week, metric, 3.0 + len(metric), "file", 8, "") for metric in TOLD)


def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "usage.db"
        fill(db, turns)
        print(f"{turns:,} turns, {db.stat().st_size / 1e6:,.0f} MB")
        subprocess.run([*ASSAY, "publish", "--db", str(db)], check=True, capture_output=True)  # noqa: S603 (ours)
        tell(db)
        begin = time.perf_counter()
        with console(db) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
            while "Reading the ledger" in browser.get("/", headers=named(ADMIN)).text:
                time.sleep(0.1)
            print(f"from the start to the first figures: {time.perf_counter() - begin:.1f} s")
            while "Reading the ledger" in browser.get("/outcomes", headers=named(ADMIN)).text:
                time.sleep(0.1)
            for page in PAGES:
                measure(browser, ADMIN, page)
            measure(browser, AUDITOR, "/audit")
            turns_page = measure(browser, EMPLOYEE, "/mine")
            measure(browser, EMPLOYEE, re.findall(r'href="(/mine/\d+)"', turns_page)[0])


def measure(browser: httpx.Client, reader: str, page: str) -> str:
    """Print how long a page takes, and give it."""
    took, answer = [], browser.get(page, headers=named(reader))
    for _ in range(REQUESTS):
        begin = time.perf_counter()
        answer = browser.get(page, headers=named(reader))
        took.append((time.perf_counter() - begin) * 1000)
    assert answer.status_code == 200, page
    figures = f"median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms"
    print(f"{page}: {figures}, {len(answer.content) / 1000:.0f} kB", flush=True)
    return answer.text


def named(reader: str) -> dict[str, str]:
    return {"X-Forwarded-User": reader}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
