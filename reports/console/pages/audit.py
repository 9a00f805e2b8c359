"""Who looked at a person's own rows, when and why; and whether that record is whole. For auditors."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from datasette import Response

from ledger.audit import Entry
from ledger.errors import LedgerError
from reports.console.visits import Visit

SHOWN = 200  # entries, the newest


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit table, oldest entry first."""

    entries: Sequence[Entry]
    fault: str | None  # the first entry that is not as it was entered, in a sentence; None: all are


async def show(visit: Visit) -> Response:
    """Check the table and list its newest entries."""
    if visit.console.audited is None:
        return await visit.refuse(404, "This console has no audit table.")
    try:
        audited = await asyncio.to_thread(visit.console.audited)
    except LedgerError as error:
        return await visit.refuse(503, f"The audit table cannot be read: {error}.")
    newest = audited.entries[::-1][:SHOWN]
    return await visit.page("audit.html", audited=audited, newest=newest)
