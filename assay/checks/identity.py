"""Does Assay know who asks, and in which team?"""

from collections.abc import Iterator

from assay.checks.finding import Finding, bad, good, note
from config.settings import Settings
from ledger.errors import LedgerError

MOST = 0.2  # of the turns without a team, or told apart by nothing but their address
WEAK = ("address", "body")  # an address may be shared, and a body says what its sender likes


def identity(settings: Settings) -> Iterator[Finding]:
    """Look at what named the people of the turns in the ledger."""
    from ledger.store import Ledger

    try:
        reading = Ledger.read(settings.ledger.path)
    except LedgerError:
        yield note("there is no ledger yet to tell from", "send some traffic through Assay, and ask again")
        return
    try:
        sources, no_team = reading.identity_sources(), reading.coverage().unattributed
    except LedgerError as error:
        yield bad(str(error), "mend the ledger first")
        return
    finally:
        reading.close()
    if not sources:
        yield note("no turn is in the ledger yet", "send some traffic through Assay, and ask again")
        return
    shares = ", ".join(f"{source} {share:.0%}" for source, share in sources.items())
    weak = sum(sources.get(source, 0.0) for source in WEAK)
    said = f"people are told by: {shares}"
    yield (
        good(said)
        if weak <= MOST
        else note(
            f"{said}; of these {', '.join(WEAK)} are weak",
            "have a proxy, a token or a certificate name people (docs/identity.md)",
        )
    )
    if no_team is None or no_team <= MOST:
        yield good(f"{no_team or 0:.0%} of the turns have no team")
    else:
        yield note(f"{no_team:.0%} of the turns have no team, and count for none", "add their people to identity.teams")
