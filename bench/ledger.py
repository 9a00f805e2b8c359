"""What the ledger costs: rows written, judgements stored, settling, the report, and bytes a turn.

Run as `python -m bench.ledger [TURNS]`. Prints one line a figure. Uses a temporary folder.
"""

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from ledger.records import CATEGORIES, Answer, Call, Judgement, Message, PendingTurn, Turn, utc
from ledger.settling import SLICE
from ledger.store import Ledger
from ledger.usage import GROUPINGS

BATCH = 64  # events that intake writes in one transaction
EIGHT = 8  # turns that the classifier judges at a time
START = 1_795_000_000.0
SPAN = 8 * 7 * 86_400.0  # eight weeks
PEOPLE, TEAMS = 500, 20


@contextmanager
def timed(what: str, rows: int) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds = time.perf_counter() - begin
    print(f"{what}: {seconds:.2f} s, {rows / seconds:,.0f} rows/s, {seconds / rows * 1e6:.0f} us a row")


def write(ledger: Ledger, turns: int, chance: random.Random) -> None:
    """Enter turns of one call each as intake does."""
    for first in range(0, turns, BATCH):
        calls = []
        with ledger.transaction():
            for number in range(first, min(turns, first + BATCH)):
                at = utc(START + number * SPAN / turns)
                text = "word " * int(chance.lognormvariate(3, 1))
                turn = Turn(
                    at=at,
                    person=f"{chance.randrange(PEOPLE):016x}",
                    team=f"Team {chance.randrange(TEAMS)}",
                    identity_source="header",
                    assistant=chance.choice(["OpenAI", "Anthropic"]),
                    client="openai-python/2.1.0",
                    conversation=f"{number // 5:016x}",
                    ask=f"{chance.getrandbits(64):016x}",
                    prompt_chars=len(text),
                    text=text,
                    context=(Message("user", text), Message("assistant", text * 4)) if number % 2 else (),
                )
                call = Call(at, turn.assistant, "openai-chat", "large-2026", turn.client, "prompt", True, 900)
                calls.append(ledger.open_call(call, ledger.open_turn(turn)))
        with ledger.transaction():
            for call_id in calls:
                ledger.close_call(call_id, Answer(200, True, 5000, None, 800, 400, 345.6, 5678.9, False))


def judge(ledger: Ledger, chance: random.Random) -> None:
    """Drain what is unjudged as the classifier does."""
    while waiting := ledger.unjudged("encoder-1", EIGHT):
        ledger.judge([judged(turn, chance) for turn in waiting])


def judged(turn: PendingTurn, chance: random.Random) -> Judgement:
    """Invent a turn's judgement."""
    return Judgement(
        turn_id=turn.id,
        classifier="encoder-1",
        at=turn.at,
        level=chance.randrange(5),
        score=chance.random() * 4,
        probabilities=(0.11, 0.22, 0.33, 0.23, 0.11),
        category=chance.choice(CATEGORIES),
        work=True,
        novelty=chance.random(),
        attention=1.0,
        duplicate_of=None,
        lang="en",
        reasons=("asks for a result of several parts", "gives a setting of its own"),
    )


def compare(folder: Path, rows: int) -> None:
    """Write the same narrow rows in eights with executemany and with sqlite-utils."""
    records = [{"id": number, "at": utc(START + number), "level": number % 5} for number in range(rows)]
    with closing(sqlite3.connect(folder / "plain.db", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("PRAGMA synchronous = NORMAL")
        plain.execute("CREATE TABLE judged (id INTEGER PRIMARY KEY, at TEXT, level INTEGER) STRICT")
        with timed("executemany, 8 a transaction", rows):
            for first in range(0, rows, EIGHT):
                plain.execute("BEGIN IMMEDIATE")
                plain.executemany("INSERT INTO judged VALUES (:id, :at, :level)", records[first : first + EIGHT])
                plain.execute("COMMIT")
        table = Database(plain).table("judged", pk="id")
        plain.execute("DELETE FROM judged")
        with timed("sqlite-utils insert_all, 8 a transaction", rows):
            for first in range(0, rows, EIGHT):
                table.insert_all(records[first : first + EIGHT])


def main(turns: int) -> None:
    chance = random.Random(1)  # noqa: S311 (the same figures each time)
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), min(turns, 8000))
        path = Path(folder) / "usage.db"
        with closing(Ledger.open(path)) as ledger:
            with timed("open_turn + open_call + close_call, 64 a transaction", turns):
                write(ledger, turns, chance)
            with timed("unjudged + judge in eights", turns):
                judge(ledger, chance)
            slices = []
            for _ in range(turns // SLICE + 2):
                begin = time.perf_counter()
                ledger.settle()
                slices.append(time.perf_counter() - begin)
            print(f"settle: {sum(slices):.2f} s, median slice {sorted(slices)[len(slices) // 2] * 1000:.1f} ms")
        with closing(sqlite3.connect(path)) as plain:
            (used,) = plain.execute(
                "SELECT (page_count - freelist_count) * page_size"
                " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
            ).fetchone()
        print(f"bytes a turn with its judgement and one call, without free pages: {used / turns:.0f}")
        print(f"with the free pages that their texts left: {path.stat().st_size / turns:.0f}")
        with closing(sqlite3.connect(path)) as plain:
            plain.execute("VACUUM")
        print(f"after VACUUM: {path.stat().st_size / turns:.0f}")
        with closing(Ledger.read(path)) as reading:
            for by in GROUPINGS:
                with timed(f"usage by {by}", turns):
                    reading.usage(by)
            with timed("coverage", turns):
                reading.coverage()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
