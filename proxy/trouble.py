"""Says when the ledger begins to refuse and when that is over, once each, with how many calls waited and were lost."""

import time
from collections.abc import Callable
from pathlib import Path

from ledger.errors import LedgerBusy, LedgerError
from ledger.presence import Displaced
from proxy.counts import Counts
from proxy.spool import SpoolFull

PASSING_SECONDS = 5.0  # a shorter wait for another program's write is no trouble
OPENING = "the ledger is being opened, which takes long"


class Trouble:
    """True while the ledger refuses."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._since: float | None = None
        self._why = OPENING
        self._where = "in memory"
        self._said = False
        self._said_of_spool = False
        self._waited = 0
        self._lost = 0

    def __bool__(self) -> bool:
        return self._since is not None

    def begins(self, error: Exception, counts: Counts, spool: Path | None) -> None:
        """The ledger refused, maybe again."""
        self._begin(counts)
        if spool is not None:
            self._where = f"in {spool}"
        known = isinstance(error, LedgerError)
        self._why = str(error) if known else f"the ledger refuses ({type(error).__name__})"
        if isinstance(error, LedgerBusy | Displaced):
            self.lasts(counts)
        else:
            self._tell()

    def lasts(self, counts: Counts) -> None:
        """It is not known yet whether it refuses. Said once that takes long."""
        self._begin(counts)
        if self._since is not None and time.monotonic() - self._since > PASSING_SECONDS:
            self._tell()

    def no_spool(self, error: Exception, spool: Path) -> None:
        """Nor does the spool take what waits."""
        if not self._said_of_spool:
            full = "is full" if isinstance(error, SpoolFull) else f"cannot be written ({type(error).__name__})"
            self._say(f"{spool} {full}: calls wait in memory, and those for which there is no room are lost")
        self._said_of_spool = True

    def ends(self, counts: Counts) -> None:
        """The ledger has taken all that waited."""
        if self._said:
            waited, lost = counts.waited - self._waited, counts.lost - self._lost
            self._say(f"the ledger takes calls again: {waited} waited, {lost} were lost")
        self._since, self._said, self._said_of_spool = None, False, False

    def _begin(self, counts: Counts) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._why = OPENING
            self._waited, self._lost = counts.waited, counts.lost

    def _tell(self) -> None:
        if not self._said:
            self._say(f"{self._why}. Traffic goes on, and calls wait {self._where}")
        self._said = True
