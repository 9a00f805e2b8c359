"""What one transaction of the ledger writes: what comes just now, or what a spool has held."""

from ledger.spools import CallAt, Spooled
from ledger.store import Ledger
from proxy.assembly import Closing, Opening
from proxy.entering import Entered, close, enter
from proxy.spool import Record
from proxy.spooling import Ask, Late, Lost, UnreadableRecord, Write, decode


class Batch:
    """What one transaction writes, and what is known once it is committed."""

    def __init__(self, ledger: Ledger, calls: dict[int, CallAt]) -> None:
        self.calls = dict(calls)  # by exchange: those that have no answer yet
        self.opened: list[tuple[Opening, Entered]] = []
        self.closed: list[Closing] = []
        self._ledger = ledger

    def write(self, write: Write) -> None:
        match write:
            case Opening():
                entered = enter(self._ledger, write)
                self.calls[write.exchange] = (entered.call_id, entered.turn_id, entered.at)
                self.opened.append((write, entered))
            case Closing():
                self._close(write, self.calls.pop(write.exchange, None))
            case Late():
                self._close(write.closing, write.call)
                self.calls.pop(write.closing.exchange, None)
            case Lost():
                self._ledger.spools.lose(write.at, write.calls, write.why)

    def _close(self, closing: Closing, call: CallAt | None) -> None:
        if call is not None:
            close(self._ledger, call, closing)
            self.closed.append(closing)


class Drained:
    """What one transaction enters from a spool."""

    def __init__(self, ledger: Ledger, spooled: Spooled, ask: Ask) -> None:
        self.run = spooled.run
        self.damaged = 0  # calls whose records could not be read
        self.batch = Batch(ledger, dict(spooled.under_way))
        self._ledger = ledger
        self._ask = ask

    def enter(self, record: Record) -> None:
        try:
            run, write = decode(record.content or b"", self._ask)
        except UnreadableRecord:
            self.damaged += record.calls
            return
        if run != self.run:
            self.run = run
            self.batch.calls.clear()  # another process's numbers
        self.batch.write(write)

    def spooled(self, position: int) -> Spooled:
        return Spooled(position, self.run, self.batch.calls)
