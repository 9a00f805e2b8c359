"""What the classifier does about hourly while no turn waits: each step by itself, and none stops the judging.

A step that takes long is done a little at a time, between one look for new turns and the next.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from assay.failure import bug, say
from assay.retaining import said
from ledger.address import Place
from ledger.errors import LedgerError
from ledger.keys import Keys
from ledger.pruning import DAY, Pruned, Pruning, Retention

HOUR = 3600.0
AT_A_TIME = 0.5  # seconds, before the classifier looks for turns again

Step = Callable[[float], Iterable[float]]
"""Begins at Unix seconds; gives after each slice how many seconds other writers are to have."""


class Housekeeping:
    """Runs its steps in their order, by their names. `failures` counts those that failed."""

    def __init__(self, steps: Mapping[str, Step], clock: Callable[[], float] = time.time) -> None:
        self._steps = steps
        self._clock = clock
        self._under_way: Iterator[float] | None = None
        self._done_at: float | None = None
        self.failures: Counter[str] = Counter()

    def tidy(self, to_the_end: bool = False) -> None:
        """Go on with what is due for half a second, or to the end; do nothing within an hour of the last time."""
        now = self._clock()
        if self._under_way is None:
            if self._done_at is not None and abs(now - self._done_at) < HOUR and not to_the_end:
                return
            self._under_way = self._all(now)
        begin = time.monotonic()
        for pause in self._under_way:
            time.sleep(pause)
            if time.monotonic() - begin > AT_A_TIME and not to_the_end:
                return
        self._under_way, self._done_at = None, now

    def _all(self, now: float) -> Iterator[float]:
        for name, step in self._steps.items():
            try:
                yield from step(now)
            except Exception as error:  # the next step, and the judging, go on
                self.failures[name] += 1
                say(f"{name} failed: {error if isinstance(error, LedgerError) else bug(error)}")


def pruning(prune: Pruning, retention: Retention, ledger: Place) -> Step:
    """Give the step that prunes. It says what it removed, and what it cannot whenever that changes."""
    found: list[str] = []

    def step(now: float) -> Iterator[float]:
        pruned = Pruned()
        yield from prune.slices(retention, now, pruned)
        removed, *findings = said(pruned, ledger)
        if pruned.rows or pruned.backups:
            say(removed)
        for finding in findings:
            if finding not in found:
                say(finding)
        found[:] = findings

    return step


def key_destruction(keys: Keys, retention: Retention) -> Step:
    """Give the step that destroys the keys of periods whose turns are no longer kept."""

    def step(now: float) -> Iterator[float]:
        if keys.destroy_before(now - retention.turns_days * DAY):
            say("destroyed the keys of periods whose turns are no longer kept: nobody is found by them any more")
        return iter(())

    return step
