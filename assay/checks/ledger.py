"""Can the ledger be read, is it whole, did it lose anything, and does anything wait in vain?"""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings
from ledger.errors import LedgerError

LONG_SECONDS = 3600
REPAIR = "assay ledger repair recovers what can be recovered"
SERVER = "docs/postgres.md says what the server needs"


def ledger(settings: Settings) -> Iterator[Finding]:
    """Open the ledger as a reader, have SQLite check it, and look at what waits."""
    from ledger.store import Ledger

    path = settings.ledger.path
    if isinstance(path, Path) and not path.exists():
        yield note(f"there is none yet at {path}", "start the proxy: it makes one")
        return
    try:
        reading = Ledger.read(path)
    except LedgerError as error:
        yield bad(str(error), REPAIR if isinstance(path, Path) else SERVER)
        return
    try:
        faults = reading.faults()
        waiting, lost = reading.waiting(), reading.lost()
    except LedgerError as error:
        yield bad(str(error), REPAIR if isinstance(path, Path) else SERVER)
        return
    finally:
        reading.close()
    if faults:
        yield bad(f"{path} is damaged ({faults} faults)", REPAIR)
    else:
        state = (
            f"{path} is whole ({path.stat().st_size / 1e6:,.1f} MB)" if isinstance(path, Path) else f"{path} answers"
        )
        yield good(state)
    for why, calls in lost.items():
        yield note(f"{calls:,} calls passed and are not in it: {why}", "docs/ledger.md says how that comes")
    waits = 0.0 if waiting.since is None else time.time() - datetime.fromisoformat(waiting.since).timestamp()
    if waits > LONG_SECONDS:
        yield bad(
            f"{waiting.turns} turns wait for their judgement with their text, the oldest for {waits / 3600:.0f} h",
            "start the classifier (assay classify, or assay up)",
        )
    else:
        yield good(f"{waiting.turns} turns wait for their judgement")
