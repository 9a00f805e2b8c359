"""Where Assay keeps what belongs to a ledger."""

from pathlib import Path

from ledger.pseudonyms import Key


def key_of(ledger: Path) -> Key:
    """Read the key that lies beside a ledger, or make it. Raises LedgerError."""
    return Key.load_or_create(ledger.with_name(ledger.name + ".key"))
