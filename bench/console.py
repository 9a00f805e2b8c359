"""How fast the console's pages answer, how heavy they are, and how long its copy of the figures takes to be made.

Run as `python -m bench.console [TURNS]`: over 30 days, of 5,000 people in 200 teams, weeks that are over published.
Prints one line a page: the median and the slowest of 30 requests, one after the other, over a real socket. Uses a
temporary folder, about 700 bytes a turn.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.publication import fill

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
REQUESTS = 30
ASSAY = (sys.executable, "-m", "assay")


@contextmanager
def console(db: Path) -> Iterator[str]:
    """Run the console; give its address."""
    process = subprocess.Popen(  # noqa: S603 (a command of ours)
        [*ASSAY, "console", "--db", str(db), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        yield process.stderr.readline().partition("console is at ")[2].partition(" ")[0]
    finally:
        process.terminate()
        process.wait()


def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "usage.db"
        fill(db, turns)
        print(f"{turns:,} turns, {db.stat().st_size / 1e6:,.0f} MB")
        subprocess.run([*ASSAY, "publish", "--db", str(db)], check=True, capture_output=True)  # noqa: S603 (ours)
        begin = time.perf_counter()
        with console(db) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
            while "Reading the ledger" in browser.get("/").text:
                time.sleep(0.1)
            print(f"from the start to the first figures: {time.perf_counter() - begin:.1f} s")
            for page in PAGES:
                took, answer = [], browser.get(page)
                for _ in range(REQUESTS):
                    begin = time.perf_counter()
                    answer = browser.get(page)
                    took.append((time.perf_counter() - begin) * 1000)
                assert answer.status_code == 200, page
                figures = f"median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms"
                print(f"{page}: {figures}, {len(answer.content) / 1000:.0f} kB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
