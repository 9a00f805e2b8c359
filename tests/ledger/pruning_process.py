"""A prune that says each slice, for tests that kill it: `python -m tests.ledger.pruning_process LEDGER NOW`."""

import sys

from ledger.address import place_of
from ledger.pruning import Pruned, Retention
from ledger.store import Ledger

if __name__ == "__main__":
    ledger = Ledger.open(place_of(sys.argv[1]))
    for _ in ledger.pruning.slices(Retention(), float(sys.argv[2]), Pruned()):
        print("slice", flush=True)
