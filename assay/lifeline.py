"""How a process that `assay up` has started holds on to it: no part of Assay outlives the whole.

Its standard input is a pipe that nobody writes to. It ends when `up` ends, also by `kill -9`, and so the part ends.
Its standard output carries a line when it is ready, which says where it can be reached. One that waits for the ledger,
and without which the others go on, has one before that.
"""

import os
import signal
import sys
import threading

import click

GRACE_SECONDS = 12.0  # to end in good order, before it is ended all the same; answers under way get 8

option = click.option("--supervised", is_flag=True, hidden=True, help="End when standard input does. For assay up.")


def hold() -> None:
    """End this process, as SIGTERM does, when whoever started it is gone."""
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def announce(address: str) -> None:
    """Tell whoever started it that it is ready, and where."""
    print(address, flush=True)


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)
