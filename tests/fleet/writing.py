"""A proxy's process as far as the ledger sees it: enters its share of the turns, and goes on where it was killed.

`python -m tests.fleet.writing LEDGER NUMBER TURNS`: NUMBER names the writer, TURNS is its share.
"""

import random
import sys

from ledger.address import Place, place_of
from ledger.records import Turn, utc
from ledger.store import Ledger
from tests.ledger.facts import answer, call, turn
from tests.ledger.straight import rows

BATCH = 64  # turns a transaction, as intake takes events
PEOPLE = 2000
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
    opened = Ledger.open(ledger)
    for first in range(entered, share, BATCH):
        with opened.transaction():
            for each in range(first, min(first + BATCH, share)):
                one = _turn(number, each)
                assert opened.traces.of_ask(one.ask) is None
                call_id = opened.open_call(call(at=one.at, client=one.client), opened.open_turn(one))
                opened.close_call(call_id, answer())
    opened.close()


def _turn(number: int, each: int) -> Turn:
    chance = random.Random(number << 32 | each)
    person = chance.randrange(PEOPLE)
    return turn(
        f"{' '.join(chance.choices(WORDS, k=12))} {each}",
        at=utc(START + each * 10),
        person=f"{person:016x}",
        team=f"Team {person % 20}",
        client=f"writer/{number}",
        conversation=f"{each // 5:016x}",
        ask=f"{number << 32 | each:016x}",
    )


if __name__ == "__main__":
    main(place_of(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
