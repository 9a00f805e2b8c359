"""A classifier's process as far as the ledger sees it: drains what is unjudged. For tests that kill it.

`python -m tests.ledger.judging LEDGER`: says how many judgements were new.
`python -m tests.ledger.judging LEDGER halt`: stops for ever in the middle of its first batch, and says so before.
"""

import sys
from collections.abc import Iterator

from ledger.address import Place, place_of
from ledger.records import Judgement
from ledger.store import Ledger
from tests.ledger.facts import judgement

CLASSIFIER = "test-1"
BATCH = 8


class Halting(list[Judgement]):
    """Gives half of its judgements, then nothing more until somebody ends the process."""

    def __iter__(self) -> Iterator[Judgement]:
        for number, one in enumerate(super().__iter__()):
            if number == BATCH // 2:
                print("halted", flush=True)
                sys.stdin.read()
            yield one


def main(place: Place, halt: bool) -> None:
    ledger = Ledger.open(place)
    new = 0
    while True:
        with ledger.claim(CLASSIFIER, limit=BATCH) as batch:
            judgements = [judgement(turn.id, classifier=CLASSIFIER) for turn in batch]
            new += ledger.judge(Halting(judgements) if halt else judgements, keep_text_seconds=0)
        if not batch:
            break
    print(new)


if __name__ == "__main__":
    main(place_of(sys.argv[1]), halt=sys.argv[2:] == ["halt"])
