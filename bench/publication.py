"""What figures cost: closing weeks, every view, and the report, on the Sunday evening of the running week.

Run as `python -m bench.publication [TURNS]`: over 30 days, of 5,000 people in 200 teams. Prints one line a figure, and
processor time beside wall-clock where others may be busy. Uses a temporary folder, about 700 bytes a turn.
"""

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ledger.records import CATEGORIES, utc
from ledger.store import Ledger
from ledger.usage import GROUPINGS

END = datetime(2026, 11, 29, 20, tzinfo=UTC).timestamp()  # a Sunday
SPAN = 30 * 86_400.0
PEOPLE, TEAMS = 5000, 200
AT_A_TIME = 100_000
MODELS = ("large", "medium", "small", "mini", "tiny")

TURN = (
    "INSERT INTO turns (id, at, person, team, identity_source, assistant, client, conversation, ask, prompt_chars)"
    " VALUES (?, ?, ?, ?, 'header', ?, 'openai-python/2.1.0', ?, ?, 300)"
)
CALL = (
    "INSERT INTO calls (turn_id, at, assistant, dialect, model, client, kind, http_status, streamed, complete,"
    " request_bytes, response_bytes, input_tokens, output_tokens, ttft_ms, duration_ms)"
    " VALUES (?, ?, ?, 'openai-chat', ?, 'openai-python/2.1.0', 'prompt', 200, 1, 1, 900, 5000, 800, 400, 345, 5678)"
)
JUDGEMENT = (
    "INSERT INTO judgements (turn_id, classifier, at, level, score, p0, p1, p2, p3, p4, category, work, novelty,"
    " attention, reasons) VALUES (?, 'encoder-1', ?, ?, 2.1, 0.1, 0.2, 0.4, 0.2, 0.1, ?, 1, ?, 1.0, '[]')"
)


def fill(db: Path, turns: int) -> None:
    """Write judged turns of one call each, as fast as the disk takes them."""
    Ledger.open(db).close()
    chance = random.Random(1)  # noqa: S311 (the same figures each time)
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for first in range(0, turns, AT_A_TIME):
            connection.execute("BEGIN")
            rows = list(_rows(first, min(turns, first + AT_A_TIME), turns, chance))
            for statement, place in ((TURN, 0), (CALL, 1), (JUDGEMENT, 2)):
                connection.executemany(statement, [row[place] for row in rows])
            connection.execute("COMMIT")


def _rows(first: int, last: int, turns: int, chance: random.Random) -> Iterator[tuple[tuple[object, ...], ...]]:
    for number in range(first + 1, last + 1):
        at = utc(END - SPAN + SPAN * number / turns)
        person = chance.randrange(PEOPLE)
        assistant = chance.choice(("OpenAI", "Anthropic", "Google"))
        team, talk, ask = f"Team {person % TEAMS}", f"{number // 5:016x}", chance.getrandbits(62)
        yield (
            (number, at, f"{person * 7919:016x}", team, assistant, talk, ask),
            (number, at, assistant, chance.choice(MODELS)),
            (number, at, chance.randrange(5), chance.choice(CATEGORIES), chance.random()),
        )


def best(what: str, work: Callable[[], object]) -> None:
    """Print the better of two runs."""
    runs = []
    for _ in range(2):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - processor))
    wall, processor = min(runs)
    print(f"{what}: {wall:.2f} s ({processor:.2f} s of processor time)")


def views(db: Path) -> None:
    with closing(Ledger.read(db)) as reading:
        for by in GROUPINGS:
            best(f"usage by {by}", lambda by=by: reading.usage(by))  # type: ignore[misc] # a default binds it
        best("coverage", reading.coverage)

    def report() -> None:
        subprocess.run([sys.executable, "-m", "assay", "report", "--db", str(db)], check=True, capture_output=True)  # noqa: S603

    best("assay report, with the start of its process", report)


def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "usage.db"
        fill(db, turns)
        for now, when in ((END, "the running week is open"), (END + 86_400, "all is closed")):
            with closing(Ledger.open(db)) as ledger:
                begin = time.perf_counter()
                for outcome in ledger.publication.close(now):
                    print(f"{outcome}: {time.perf_counter() - begin:.1f} s")
                    begin = time.perf_counter()
            with closing(sqlite3.connect(db)) as connection:
                (open_turns,) = connection.execute(
                    "SELECT count(*) FROM turns WHERE at >= (SELECT since FROM open_since)"
                ).fetchone()
            print(f"{when}: {open_turns:,} of {turns:,} turns are read live")
            views(db)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
