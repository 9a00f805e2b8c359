"""What pruning adds to writes: `python -m bench.prune LEDGER [ROUNDS]`, on one that `bench.size TURNS LEDGER` wrote.

Works on a copy in the ledger's folder. Its oldest quarter is pruned by a process of its own while this one writes 200
calls a second, each a turn with its call in one transaction and its answer in another. Rounds of ten seconds with and
without the pruning take turns, so that both feel the same machine. Prints milliseconds a write, each figure the median
of its rounds, then how long the rest of the quarter takes.
"""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles

from bench.size import PEOPLE, SPAN, START, TEAMS
from ledger.pruning import DAY, Pruned, Retention
from ledger.records import Answer, Call, Turn, utc
from ledger.store import Ledger
from tests.ledger.closing import close_weeks

A_SECOND = 200
ROUND = 10.0  # seconds
SHARE = 0.25
NOW = START + SPAN


def write(ledger: Ledger, number: int) -> list[float]:
    """Write a turn with its call, then the answer; give the milliseconds of each."""
    at, taken = utc(NOW), []
    person, client, text = f"{number % PEOPLE:016x}", "openai-python/2.14.0", "word " * 60
    turn = Turn(
        at, person, f"Team {number % TEAMS}", "header", "OpenAI", client, f"{number:016x}", f"{number:016x}", 300, text
    )
    begin = time.perf_counter()
    with ledger.transaction():
        call = Call(at, "OpenAI", "openai-chat", "gpt-5.2", client, "prompt", True, 2000)
        call_id = ledger.open_call(call, ledger.open_turn(turn))
    taken.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    with ledger.transaction():
        ledger.close_call(call_id, Answer(200, True, 9000, None, 500, 400, 345.6, 6000.0, False))
    taken.append(time.perf_counter() - begin)
    return [seconds * 1000 for seconds in taken]


def load(ledger: Ledger, first: int) -> list[float]:
    """Write at an even pace for one round."""
    begin, taken = time.perf_counter(), []
    for number in range(int(A_SECOND * ROUND)):
        time.sleep(max(0.0, begin + number / A_SECOND - time.perf_counter()))
        taken.extend(write(ledger, first + number))
    return taken


def figures(taken: list[float]) -> tuple[float, ...]:
    cuts = quantiles(taken, n=100)
    return cuts[49], cuts[98], max(taken)


@contextmanager
def pruning(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the process that prunes, when it is told to."""
    command = [sys.executable, "-m", "bench.prune", str(path), "prunes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        yield process
        process.stdin.close()  # type: ignore[union-attr] # both are pipes


def prune(path: Path) -> None:
    """Prune as long as the last line said `go`, to the end of the quarter or of the input."""
    may, ended = threading.Event(), threading.Event()

    def obey() -> None:
        for line in sys.stdin:
            (may.set if line == "go\n" else may.clear)()
        ended.set()
        may.set()

    threading.Thread(target=obey, daemon=True).start()
    pruned, retention = Pruned(), Retention((NOW - START - SPAN * SHARE) / DAY, max_bytes=10**12)
    with closing(Ledger.open(path)) as ledger:
        for pause in ledger.pruning.slices(retention, NOW, pruned):
            time.sleep(pause)
            may.wait()
            if ended.is_set():
                break
    print(
        f"pruned {pruned.rows.get('turns', 0):,} turns, {pruned.bytes_given_back / 1e6:,.0f} MB given back", flush=True
    )


def _monday(seconds: float) -> str:
    day = date.fromisoformat(utc(seconds)[:10])
    return (day - timedelta(days=day.weekday())).isoformat()


def main(source: Path, rounds: int) -> None:
    path = source.with_name("pruned.db")
    for file in (path, path.with_name("pruned.db-wal"), path.with_name("pruned.db-shm")):
        file.unlink(missing_ok=True)
    shutil.copyfile(source, path)
    close_weeks(path, *(_monday(START + week * 7 * DAY) for week in range(2)))
    with closing(sqlite3.connect(path)) as plain:
        (turns,) = plain.execute("SELECT count(*) FROM turns").fetchone()
    without: list[tuple[float, ...]] = []
    beside: list[tuple[float, ...]] = []
    with closing(Ledger.open(path)) as ledger, pruning(path) as process:
        for number in range(rounds):
            for said, kept in (("wait\n", without), ("go\n", beside)):
                process.stdin.write(said)  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
                kept.append(figures(load(ledger, turns + number * 100_000)))
        begin = time.perf_counter()
        with contextlib.suppress(BrokenPipeError):
            print(process.stdout.readline().strip())  # type: ignore[union-attr]
    print(f"the rest of the quarter took {time.perf_counter() - begin:.0f} s more")
    print(f"{turns:,} turns, {rounds} rounds of {ROUND:g} s each way, {A_SECOND} calls a second")
    print("| milliseconds a write | p50 | p99 | max |\n| --- | --- | --- | --- |")
    for name, found in (("without pruning", without), ("beside pruning", beside)):
        print(f"| {name} | " + " | ".join(f"{median(column):.2f}" for column in zip(*found, strict=True)) + " |")
    print("every round's max: " + ", ".join(f"{a[2]:.0f} to {b[2]:.0f}" for a, b in zip(without, beside, strict=True)))


if __name__ == "__main__":
    if sys.argv[2:] == ["prunes"]:
        prune(Path(sys.argv[1]))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
