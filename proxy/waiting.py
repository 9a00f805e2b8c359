"""The spools that this process holds: its own, and those that dead proxies of the same ledger have left.

Leaves out when something waits and when it is entered (`delivery.py`).
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ledger.files import make_folder
from proxy.spool import OtherKey, Spool, spool_names, spools_of


class Waiting:
    """What waits beside one ledger, oldest first. Methods raise OSError where the disk refuses."""

    def __init__(self, ledger: Path, secret: bytes, cap: int) -> None:
        """`cap`: bytes of this process's own spool. `secret`: 32 bytes that the records are encrypted with."""
        self.unreadable: list[Path] = []  # written with another key
        self._ledger = ledger
        self._secret = secret
        self._cap = cap
        self._own: Spool | None = None
        self._left: list[Spool] = []
        self._entered: dict[str, int] = {}  # positions, by the spools' names

    def take_over(self) -> None:
        """Hold what dead proxies have left."""
        with suppress(OSError):
            for path in spools_of(self._ledger):
                if (spool := self._hold(path)) is not None:
                    self._left.append(spool)
        if self._left and self._left[-1].size == 0:
            self._own = self._left.pop()

    @property
    def path(self) -> Path:
        """Where calls wait, or would."""
        return self._own.path if self._own else next(spool_names(self._ledger))

    @property
    def first(self) -> Spool | None:
        """The spool to enter next. None: nothing waits."""
        held = [*self._left, self._own] if self._own else self._left
        return next((spool for spool in held if spool.size), None)

    @property
    def calls(self) -> int:
        """How many calls wait, as far as is known how many of them have been entered."""
        held = [*self._left, self._own] if self._own else self._left
        return sum(spool.calls(self._entered.get(spool.name, 0)) for spool in held)

    def append(self, records: Sequence[tuple[bytes, int]]) -> None:
        """Store records, all or none. Raises SpoolFull at the cap."""
        if self._own is None:
            make_folder(self._ledger.parent)
            self._own = next(spool for path in spool_names(self._ledger) if (spool := self._hold(path)) is not None)
        self._own.append(records, self._cap)

    def entered(self, spool: Spool, position: int) -> None:
        """Remember how far a spool is in the ledger."""
        self._entered[spool.name] = position

    def done(self, spool: Spool) -> None:
        """Let go of what a spool held: all of it is in the ledger."""
        self._entered.pop(spool.name, None)
        spool.empty()
        if spool is not self._own:
            self._left.remove(spool)
            spool.close()

    def close(self) -> None:
        for spool in (*self._left, *([self._own] if self._own else [])):
            spool.close()

    def _hold(self, path: Path) -> Spool | None:
        if path in self.unreadable or any(spool.path == path for spool in self._left):
            return None
        try:
            return Spool.hold(path, self._secret)
        except OtherKey:
            self.unreadable.append(path)
            return None
