"""What intake did since the process began, for people and metrics."""

from collections import Counter
from dataclasses import dataclass, field

NO_ROOM, FAULT, DAMAGED = "no room to wait", "a fault of Assay", "the spool was damaged"


@dataclass(slots=True)
class Counts:
    """Counted by two threads, each of which has figures of its own."""

    calls: int = 0
    kinds: Counter[str] = field(default_factory=Counter)  # of the calls
    turns: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    unreadable: int = 0  # requests that could not be read; they were passed on untouched
    unreadable_answers: int = 0  # answers that could not be read, so their token usage is not known
    no_room: int = 0  # calls for which the queue had no room, by the thread that puts
    lost_since: Counter[str] = field(default_factory=Counter)  # calls lost later, by why
    dropped_bytes: int = 0  # of answers, past the queue's bound; their usage may be missing
    waited: int = 0  # calls that went through the spool
    ledger_faults: int = 0  # tries to write that failed; each is tried again
    faults: int = 0  # events lost to a bug of ours

    @property
    def lost(self) -> int:
        """Calls that were answered and are nowhere logged."""
        return self.no_room + sum(self.lost_since.values())

    def lose(self, calls: int, why: str) -> None:
        self.lost_since[why] += calls
