"""Where Assay keeps what belongs to a ledger."""

from pathlib import Path

from ledger.audit import PURPOSE, Audit
from ledger.pseudonyms import Key
from ledger.store import Ledger


def key_of(ledger: Path) -> Key:
    """Read the key that lies beside a ledger, or make it. Raises LedgerError."""
    return Key.load_or_create(ledger.with_name(ledger.name + ".key"))


def audit_of(ledger: Ledger, path: Path) -> Audit:
    """Give the audit table of the ledger at `path`, with its head beside the key. Raises LedgerError."""
    return ledger.audit(key_of(path).derive(PURPOSE), path.with_name(path.name + ".audit"))
