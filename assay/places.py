"""Where Assay keeps what belongs to a ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.audit import PURPOSE, Audit
from ledger.errors import LedgerError
from ledger.pseudonyms import Key
from ledger.store import Ledger

if TYPE_CHECKING:
    from ledger.usage import ReadLedger


def key_of(ledger: Path) -> Key:
    """Read the key that lies beside a ledger, or make it. Raises LedgerError."""
    return Key.load_or_create(ledger.with_name(ledger.name + ".key"))


def audit_of(ledger: Ledger, path: Path) -> Audit:
    """Give the audit table of the ledger at `path`, with its head beside the key. Raises LedgerError."""
    return ledger.audit(key_of(path).derive(PURPOSE), head_of(path))


def read_audit(ledger: "ReadLedger", path: Path) -> Audit:
    """Give the same table for reading. Raises LedgerError, also where the key that it was written with is gone."""
    file = path.with_name(path.name + ".key")
    if not file.exists():
        raise LedgerError(f"the key file {file} is missing, without which nothing can be checked: restore it")
    return ledger.audit(key_of(path).derive(PURPOSE), head_of(path))


def head_of(ledger: Path) -> Path:
    """Say where the head of a ledger's audit table lies."""
    return ledger.with_name(ledger.name + ".audit")
