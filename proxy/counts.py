"""What intake did since the process began, for people and metrics."""

from dataclasses import dataclass, field

NO_ROOM, FAULT, DAMAGED = "no room to wait", "a fault of Assay", "the spool was damaged"


@dataclass(slots=True)
class Counts:
    """Counted by two threads, each of which has figures of its own."""

    calls: int = 0
    turns: int = 0
    unreadable: int = 0  # requests that could not be read; they were passed on untouched
    unreadable_answers: int = 0  # answers that could not be read, so their token usage is not known
    no_room: int = 0  # calls for which the queue had no room, by the thread that puts
    lost_since: dict[str, int] = field(default_factory=dict)  # calls lost later, by why
    dropped_bytes: int = 0  # of answers, past the queue's bound; their usage may be missing
    waited: int = 0  # calls that went through the spool
    ledger_faults: int = 0  # tries to write that failed; each is tried again
    faults: int = 0  # events lost to a bug of ours

    @property
    def lost(self) -> int:
        """Calls that were answered and are nowhere logged."""
        return self.no_room + sum(self.lost_since.values())

    def lose(self, calls: int, why: str) -> None:
        if calls:
            self.lost_since[why] = self.lost_since.get(why, 0) + calls
