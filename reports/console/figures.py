"""Keeps the console's copy of the aggregates current, on a thread of its own.

The copy is what every page, query and export reads. Trouble with the ledger leaves the last copy standing and is said.
"""

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ledger.address import Place
from ledger.errors import LedgerError
from ledger.guarding import copy_shown
from ledger.intervals import Bounds, Group
from ledger.records import utc
from ledger.usage import ReadLedger
from reports.console.beside import Beside

DATABASE = "usage"  # its name in addresses
LOOK_SECONDS = 1.0  # between looks at whether the ledger has changed
SHARE = 0.1  # of the time that copying may take at most


class Figures:
    """A private database file that holds the aggregates, and since when."""

    def __init__(self, ledger: Place) -> None:
        self.ledger = ledger
        self._folder = Path(tempfile.mkdtemp(prefix="assay-console-"))
        self.path = self._folder / f"{DATABASE}.db"
        sqlite3.connect(self.path).close()
        self.as_of: str | None = None  # None: nothing has been copied yet
        self._current: float | None = None  # when the copy was last known to be as the ledger is, monotonic
        self.intervals: Mapping[Group, Bounds] = {}  # of the open weeks' gaps, by week and team
        self.beside = Beside()
        self.trouble: str | None = None  # why the copy is not renewed, in a sentence
        self._began = 0.0  # the last look, on the monotonic clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)

    @property
    def age(self) -> float | None:
        """Say for how many seconds the ledger may have gone on without the copy. None: there is no copy yet."""
        return None if self._current is None else time.monotonic() - self._current

    def start(self) -> None:
        """Begin to copy."""
        self._thread.start()

    def close(self) -> None:
        """Stop copying and take the copy away."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                self._follow()
            except LedgerError as error:
                self.trouble = str(error)
            except (OSError, sqlite3.Error) as error:
                self.trouble = f"the console cannot copy the ledger's figures ({type(error).__name__})"
            pause = self._pause()

    def _pause(self) -> float:
        """Say how long to wait after what the last look led to, in seconds."""
        return max(LOOK_SECONDS, (time.monotonic() - self._began) / SHARE)

    def _follow(self) -> None:
        """Copy as often as the ledger changes, until told to stop."""
        self._began = time.monotonic()
        ledger = ReadLedger.open(self.ledger)
        try:
            state, pause = None, 0.0
            while not self._stop.wait(pause):
                pause, self._began = LOOK_SECONDS, time.monotonic()
                if (now := ledger.state()) == state:
                    self._current = self._began
                    continue
                as_of = utc(time.time())
                copy_shown(self.ledger, self.path)
                self.intervals = ledger.intervals.open()
                self.as_of, self._current, self.trouble, state = as_of, self._began, None, now
                pause = self._pause()
                self.beside.follow(self.path, date.fromisoformat(self.as_of[:10]))
        finally:
            ledger.close()
