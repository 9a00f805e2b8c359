"""How often the report of outcomes is right about invented companies: `python -m bench.outcomes [RUNS]`."""

import sys
import time

from tests.reports.outcomes.scenarios import SCENARIOS, rates


def main(runs: int) -> None:
    began = time.monotonic()
    truths = {scenario.name: scenario for scenario in SCENARIOS}
    print(f"{runs} companies each, three metrics; false: a relation said of a metric that has none\n")
    print(f"{'company':<16}{'teams x weeks':<15}{'should say':<26}{'right':>7}{'false':>8}{'correlation':>13}")
    for rate in rates(runs):
        truth = truths[rate.name].truth
        size = f"{truth.teams} x {truth.weeks}"
        print(
            f"{rate.name:<16}{size:<15}{truths[rate.name].right:<26}{rate.right:>7.1%}{rate.false:>8.1%}"
            f"{rate.correlation:>+13.2f}"
        )
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
