"""Where Assay keeps what belongs to a ledger."""

from pathlib import Path

from ledger.keys import Keys, key_file


def keys_of(ledger: Path, weeks: int | None = None) -> Keys:
    """Read the keys that lie beside a ledger, or make them; `weeks` are those of a period. Raises LedgerError."""
    return Keys.load_or_create(key_file(ledger), weeks)
