"""How the smallest groups are set, and what publication did is said."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from assay.failure import MISUSED, Failure, say
from config.settings import Settings

if TYPE_CHECKING:
    from ledger.policy import Policy
    from ledger.publication import Closed, Publication, Waits


def set_smallest(policy: "Policy", settings: Settings) -> None:
    """Write the smallest groups into the ledger. Raises Failure for one that is smaller than the ledger's."""
    for name in ("min_group", "min_own_team"):
        asked = getattr(settings.privacy, name)
        if asked is not None and (stored := policy.raise_to(name, asked)) > asked:
            raise Failure(
                f"privacy.{name} is {asked}, but this ledger was promised {stored}, which is never lowered: "
                f"set it to {stored} or more, or leave it out",
                MISUSED,
            )


def said(outcome: "Closed | Waits") -> str:
    """Say what became of one week."""
    from ledger.publication import Closed

    if isinstance(outcome, Closed):
        sentence = f"the week of {outcome.week} is closed: {outcome.rows:,} rows are published"
        return (
            f"{sentence}, and some turns are withheld, as they are of too few people" if outcome.withheld else sentence
        )
    if not outcome.turns:
        return f"the week of {outcome.week} waits: turns of it are still coming in. Run assay publish again later"
    turns = "1 turn has" if outcome.turns == 1 else f"{outcome.turns:,} turns have"
    return (
        f"the week of {outcome.week} waits: {turns} no judgement yet (assay classify --once). "
        f"From {outcome.at_most_until} on it is closed without"
    )


def publishing(publication: "Publication") -> Callable[[float], Iterable[float]]:
    """Give the housekeeping's step that closes weeks. It says which, and what waits whenever that changes."""
    waiting: list[str] = []

    def step(now: float) -> Iterator[float]:
        from ledger.publication import Closed

        for outcome in publication.close(now):
            sentence = said(outcome)
            if isinstance(outcome, Closed) or sentence not in waiting:
                say(sentence)
            waiting[:] = [] if isinstance(outcome, Closed) else [sentence]
            yield 0.0

    return step
