"""How retention is set, and what was done about it is said."""

from typing import TYPE_CHECKING

from config.settings import Settings
from ledger.address import Place

if TYPE_CHECKING:
    from ledger.pruning import Pruned, Retention


def retention_of(settings: Settings) -> "Retention":
    """Give the settings as the ledger takes them."""
    from ledger.pruning import Retention

    return Retention(settings.retention.turns_days, settings.retention.published_days, settings.ledger.max_size)


def said(pruned: "Pruned", ledger: Place) -> list[str]:
    """Say what one run removed, and then, a sentence each, what it could not."""
    removed = [f"{rows:,} {table}" for table, rows in pruned.rows.items()]
    if pruned.backups:
        removed.append(f"{pruned.backups} backups")
    if pruned.bytes_given_back:
        removed.append(f"{pruned.bytes_given_back / 1e6:,.1f} MB of the file")
    sentences = [f"removed {', '.join(removed)}" if removed else "nothing to remove"]
    if pruned.kept_unpublished:
        sentences.append(
            f"{pruned.kept_unpublished:,} turns older than retention.turns_days are kept, as their weeks are not "
            "published: run assay publish"
        )
    if pruned.over_bytes:
        sentences.append(
            f"the ledger {ledger} is {pruned.over_bytes / 1e6:,.1f} MB over ledger.max_size with what is not published "
            "yet: raise it, or run assay publish once weeks are over"
        )
    return sentences
