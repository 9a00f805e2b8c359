"""Says at start who else can reach what belongs to the ledger."""

import shlex
from pathlib import Path

from assay.failure import say
from ledger.files import open_to_others


def say_open(ledger: Path) -> None:
    """Say in a line what others on this machine can reach, if anything, and how to end that."""
    try:
        paths = open_to_others(ledger)
    except OSError:
        return  # whoever opens it says why
    if paths:
        names, several = ", ".join(map(str, paths)), " ".join(shlex.quote(str(path)) for path in paths)
        say(f"others on this machine can reach {names}: take their rights away (chmod go= {several})")
