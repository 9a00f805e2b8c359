"""How a process that works on the ledger waits for one that refuses: it says so once, and tries again and again."""

import sqlite3
import threading
import time
from collections.abc import Callable

from ledger.errors import LedgerError
from ledger.presence import Displaced

PATIENCE_SECONDS = 1.0  # between tries
SOUND_SECONDS = 10.0  # for which the work goes on before the ledger counts as mended


def patiently(work: Callable[[], None], stop: threading.Event, say: Callable[[str], None]) -> None:
    """Do `work`, from its beginning whenever the ledger refuses, until it returns or `stop` is set."""
    refused = False
    while not stop.is_set():
        mended = threading.Timer(SOUND_SECONDS, say, ["the ledger can be used again: the classifier goes on"])
        if refused:
            mended.daemon = True
            mended.start()
        began = time.monotonic()
        try:
            work()
        except (LedgerError, sqlite3.Error) as error:
            refused = refused and time.monotonic() - began < SOUND_SECONDS
            if not refused and not isinstance(error, Displaced):
                why = str(error) if isinstance(error, LedgerError) else f"the ledger refuses ({type(error).__name__})"
                say(f"{why}. The classifier waits until then")
                refused = True
            stop.wait(PATIENCE_SECONDS)
        else:
            return
        finally:
            mended.cancel()
