"""A proxy's process as far as the ledger sees it: enters its share of the turns, and goes on where it was killed.

`python -m tests.fleet.writing LEDGER NUMBER TURNS`: NUMBER names the writer, TURNS is its share.
"""

import random
import sys
import time
from contextlib import closing

from ledger.address import Place, place_of
from ledger.errors import LedgerBusy
from ledger.records import Turn, utc
from ledger.store import Ledger
from tests.ledger.facts import answer, call, turn
from tests.ledger.straight import rows

BATCH = 64  # turns a transaction, as intake takes events
PATIENCE_SECONDS = 1.0
PEOPLE = 20_000
START = 1_795_000_000.0
WORDS = [
    "plan",
    "move",
    "office",
    "draft",
    "letter",
    "fix",
    "parser",
    "compare",
    "price",
    "report",
    "table",
    "city",
    "river",
    "team",
    "budget",
]


def main(ledger: Place, number: int, share: int) -> None:
    """Enter turns until the share is there. What a killed transaction wrote is not there, so it is written again."""
    (entered,) = rows(ledger, f"SELECT count(*) FROM turns WHERE client = 'writer/{number}'")[0]
    with closing(Ledger.open(ledger)) as opened:
        while entered < share:
            try:
                entered += _enter(opened, number, range(entered, min(entered + BATCH, share)))
            except LedgerBusy:  # nothing of the batch is written, and it waits, as calls do in the proxy's spool
                time.sleep(PATIENCE_SECONDS)


def _enter(ledger: Ledger, number: int, batch: range) -> int:
    with ledger.transaction():
        for each in batch:
            one = _turn(number, each)
            assert ledger.traces.of_ask(one.ask) is None
            call_id = ledger.open_call(call(at=one.at, client=one.client), ledger.open_turn(one))
            ledger.close_call(call_id, answer())
    return len(batch)


def _turn(number: int, each: int) -> Turn:
    chance = random.Random(number << 32 | each)
    person = chance.randrange(PEOPLE)
    return turn(
        f"{' '.join(chance.choices(WORDS, k=12))} {each}",
        at=utc(START + each * 10),
        person=f"{person:016x}",
        team=f"Team {person % 2000}",
        client=f"writer/{number}",
        conversation=f"{each // 5:016x}",
        ask=f"{number << 32 | each:016x}",
    )


if __name__ == "__main__":
    main(place_of(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
