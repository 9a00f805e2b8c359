"""Where Assay keeps what belongs to a ledger."""

from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assay.failure import say
from config.settings import LedgerSettings
from ledger.address import Address
from ledger.audit import PURPOSE, Audit
from ledger.errors import LedgerError, WrongLedger
from ledger.keys import Keys, key_file
from ledger.store import Ledger
from ledger.target import refuse_wrong

if TYPE_CHECKING:
    from ledger.usage import ReadLedger


def open_ledger(ledger: LedgerSettings) -> Ledger:
    """Open a ledger for writing. Raises LedgerError, and WrongLedger where a fleet's other hosts have other keys."""
    opened = Ledger.open(ledger.path, keys=own_keys(ledger))
    if isinstance(ledger.path, Address):
        try:
            opened.hold_to(keys_of(ledger).stable, key_of(ledger))
        except BaseException:
            opened.close()
            raise
    return opened


def refuse_wrong_ledger(ledger: LedgerSettings) -> None:
    """Raise WrongLedger for what is no ledger of this program, or has other keys. What cannot be told now passes."""
    refuse_wrong(ledger.path)
    if isinstance(ledger.path, Address):
        try:
            open_ledger(ledger).close()
        except WrongLedger:
            raise
        except LedgerError:
            return


def key_of(ledger: LedgerSettings) -> Path:
    """Say where a ledger's keys lie."""
    return ledger.key or key_file(ledger.file)


def keys_of(ledger: LedgerSettings, weeks: int | None = None) -> Keys:
    """Read a ledger's keys, or make them; `weeks` are those of a period. Raises LedgerError.

    Where a ledger has turns and no keys any more, it is said what that means.
    """
    file = key_of(ledger)
    lost = not file.exists() and _has_turns(ledger)
    keys = Keys.load_or_create(file, weeks)
    if lost:
        say(
            f"the key file {file} is gone and was made anew: everybody has a new pseudonym, people may count twice in "
            "this week's groups, fingerprints in the teams file name nobody, and text that waits cannot be read. To "
            "undo that, put the old file in its place"
        )
    return keys


def own_keys(ledger: LedgerSettings) -> Keys | None:
    """Give the keys where they do not lie beside the ledger."""
    return keys_of(ledger) if ledger.key else None


def audit_of(opened: Ledger, ledger: LedgerSettings) -> Audit:
    """Give the ledger's audit table, with its head beside the ledger. Raises LedgerError."""
    return opened.audit(keys_of(ledger).stable.derive(PURPOSE), head_of(ledger))


def read_audit(opened: "ReadLedger", ledger: LedgerSettings) -> Audit:
    """Give the same table for reading. Raises LedgerError, also where the key that it was written with is gone."""
    file = key_of(ledger)
    if not file.exists():
        raise LedgerError(f"the key file {file} is missing, without which nothing can be checked: restore it")
    return opened.audit(keys_of(ledger).stable.derive(PURPOSE), head_of(ledger))


def head_of(ledger: LedgerSettings) -> Path:
    """Say where the head of a ledger's audit table lies."""
    return ledger.file.with_name(ledger.file.name + ".audit")


def _has_turns(ledger: LedgerSettings) -> bool:
    with suppress(LedgerError), closing(Ledger.read(ledger.path)) as reading:
        return not reading.is_empty()
    return False
