"""Where Assay keeps what belongs to a ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.audit import PURPOSE, Audit
from ledger.errors import LedgerError
from ledger.keys import Keys, key_file
from ledger.store import Ledger

if TYPE_CHECKING:
    from ledger.usage import ReadLedger


def keys_of(ledger: Path, weeks: int | None = None) -> Keys:
    """Read the keys that lie beside a ledger, or make them; `weeks` are those of a period. Raises LedgerError."""
    return Keys.load_or_create(key_file(ledger), weeks)


def audit_of(ledger: Ledger, path: Path) -> Audit:
    """Give the audit table of the ledger at `path`, with its head beside the key. Raises LedgerError."""
    return ledger.audit(keys_of(path).stable.derive(PURPOSE), head_of(path))


def read_audit(ledger: "ReadLedger", path: Path) -> Audit:
    """Give the same table for reading. Raises LedgerError, also where the key that it was written with is gone."""
    file = key_file(path)
    if not file.exists():
        raise LedgerError(f"the key file {file} is missing, without which nothing can be checked: restore it")
    return ledger.audit(keys_of(path).stable.derive(PURPOSE), head_of(path))


def head_of(ledger: Path) -> Path:
    """Say where the head of a ledger's audit table lies."""
    return ledger.with_name(ledger.name + ".audit")
