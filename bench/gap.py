"""How often the gap's interval holds the true gap, how often a change of a gap is found, and what an interval costs.

Run as `python -m bench.gap`: about a minute. People are invented: how much they ask differs widely, and so does what it
is worth.
"""

import random
import time

from ledger.uncertainty import Share, gap_interval
from reports.change import change

TRUE_GAP = 0.5
RUNS = 300
WEEKS = 26
NOISE = 0.04  # standard deviation of a weekly gap around its level, as of a team of about 40 people


def people(count: int, drawing: random.Random) -> list[Share]:
    shares = []
    for _ in range(count):
        turns = max(1, int(drawing.lognormvariate(2.5, 0.9)))
        shares.append((turns * drawing.betavariate(2, 2), turns))
    return shares


def coverage(drawing: random.Random) -> None:
    for count in (10, 15, 25, 50, 200, 1000):
        bounds = [gap_interval(people(count, drawing), str(run)) for run in range(RUNS if count < 1000 else 100)]
        held = sum(both is not None and both[0] <= TRUE_GAP <= both[1] for both in bounds)
        width = sum(both[1] - both[0] for both in bounds if both) / len(bounds)
        print(
            f"{count:5} people: holds the true gap in {held / len(bounds):.0%} of runs, {width * 100:.0f} points wide"
        )


def cost(drawing: random.Random) -> None:
    for count in (100, 500, 10_000):
        shares = people(count, drawing)
        begin = time.perf_counter()
        gap_interval(shares, "cost")
        print(f"{count:5} people: {(time.perf_counter() - begin) * 1000:.0f} ms")


def changes(drawing: random.Random) -> None:
    for wider in (0.0, 0.05, 0.08, 0.1, 0.2):
        for after in (3, 8) if wider else (8,):
            found = near = 0
            for _ in range(RUNS):
                gaps = [TRUE_GAP + wider * (week >= WEEKS - after) + drawing.gauss(0, NOISE) for week in range(WEEKS)]
                one = change(gaps)
                found += one is not None
                near += one is not None and abs(one.place - (WEEKS - after)) <= 1
            print(
                f"{wider * 100:3.0f} points wider for {after} of {WEEKS} weeks: found in {found / RUNS:.0%} of runs"
                + (f", within a week of its place in {near / RUNS:.0%}" if wider else "")
            )


def main() -> None:
    drawing = random.Random(7)  # noqa: S311 (invented people)
    coverage(drawing)
    cost(drawing)
    changes(drawing)


if __name__ == "__main__":
    main()
