"""Delivers writes: to the ledger, or where it does not take them now to the spool, and from there when it is back.

In order: while the spool holds anything, all that comes goes behind it. One thread delivers. It never waits long for
the ledger, which is opened (and migrated, however long that takes) on a thread of its own.
"""

import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.errors import LedgerBusy
from ledger.presence import Displaced
from ledger.records import utc
from ledger.spools import CallAt, Spooled
from ledger.store import Ledger, LedgerError
from proxy.assembly import Closing, Opening
from proxy.batches import Batch, Drained
from proxy.counts import DAMAGED, FAULT, NO_ROOM, Counts
from proxy.entering import Entered
from proxy.spool import Spool, SpoolFull
from proxy.spooling import Ask, Late, Lost, Write, calls_in, encode
from proxy.trouble import Trouble
from proxy.waiting import Waiting

log = logging.getLogger(__name__)

HURRY_MS = 25  # for which a write waits for another process's, as an answer waits 50 ms for both
SOON_SECONDS, PATIENCE_SECONDS = 0.02, 1.0  # between tries: doubled from the one to the other
FINISH_SECONDS = 5.0  # for which what waits is entered before the process ends
OURS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)


@dataclass(slots=True)
class _Opening:
    """A ledger that is being opened on a thread of its own, so that this one can open it at once."""

    done: threading.Event
    error: Exception | None = None


class Delivery:
    """Delivers for one process."""

    def __init__(
        self,
        open_ledger: Callable[[], Ledger],
        ask: Ask,
        waiting: Waiting | None,
        counts: Counts,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        """`waiting`: None means that there is no spool. `ask` reads what the spool holds."""
        self._open_ledger = open_ledger
        self._ask = ask
        self._waiting = waiting
        self._counts = counts
        self._trouble = Trouble(say)
        self._run = f"{time.time_ns():x}"
        self._ledger: Ledger | None = None
        self._opening: _Opening | None = None
        self._left = 0
        self._next_try = 0.0
        self._pause = SOON_SECONDS
        self._entered: dict[int, CallAt] = {}  # calls in the ledger whose exchanges go on
        self._told: Counter[str] = Counter()  # lost calls that ledger or spool know of, by why

    @property
    def opening(self) -> bool:
        """Tell whether the ledger is being opened: what that brings is not known yet."""
        return self._opening is not None

    def deliver(self, writes: Sequence[Write]) -> Sequence[Write]:
        """Make writes durable; give those that are not: neither the ledger nor the spool takes them now."""
        if not self._held():
            writes = self._enter(writes)
        return writes and self._spool(writes)

    def tend(self) -> None:
        """Do what is due: open the ledger, enter some of what waits."""
        if self._reach() is None or time.monotonic() < self._next_try:
            return
        if self._held():
            self._drain()
        elif self._trouble or self._untold():
            self._enter([])

    def pause(self) -> float | None:
        """Say for how many seconds nothing is due. None: until something comes."""
        if self._opening is not None:
            return SOON_SECONDS
        if self._ledger is None or self._held() or self._trouble or self._untold():
            return max(0.0, self._next_try - time.monotonic())
        return None

    def finish(self) -> None:
        """Enter what waits, as far as there is time, and let go of everything."""
        end = time.monotonic() + FINISH_SECONDS
        while self._held() and (self._ledger or self._opening) and time.monotonic() < end:
            self.tend()
            time.sleep(min(self.pause() or 0.0, SOON_SECONDS))
        if self._untold():
            self.deliver([])
        if self._ledger is not None:
            self._ledger.close()
        if self._waiting is not None:
            self._left = self._waiting.calls
            self._waiting.close()

    @property
    def unclosed(self) -> int:
        """How many calls in the ledger have no answer yet."""
        return len(self._entered)

    @property
    def left(self) -> int:
        """How many calls wait in the spool, once all is finished."""
        return self._left

    # The ledger.

    def _reach(self) -> Ledger | None:
        """Give the ledger once it is open; begin to open it when that is due."""
        if self._ledger is None and self._opening is None and time.monotonic() >= self._next_try:
            self._opening = _Opening(threading.Event())
            threading.Thread(target=self._open, args=(self._opening,), name="opening", daemon=True).start()
        if self._opening is not None and self._opening.done.is_set():
            error, self._opening = self._opening.error, None
            self._opened(error)
        elif self._opening is not None:
            self._trouble.lasts(self._counts)
        return self._ledger

    def _opened(self, error: Exception | None) -> None:
        """Open on this thread what another has opened, or has failed to."""
        if error is None:
            try:
                self._ledger = self._open_ledger()
                self._ledger.hurry(HURRY_MS)
            except Exception as refusal:
                error = refusal
        if error is not None:
            self._refused(error)

    def _open(self, opening: _Opening) -> None:
        try:
            self._open_ledger().close()
        except Exception as error:
            opening.error = error
        opening.done.set()

    def _refused(self, error: Exception) -> None:
        """Remember that the ledger did not take something, and when to try again."""
        self._counts.ledger_faults += 1
        self._trouble.begins(error, self._counts, self._waiting.path if self._waiting else None)
        busy = isinstance(error, LedgerBusy)
        self._pause = min(2 * self._pause, PATIENCE_SECONDS) if busy else PATIENCE_SECONDS
        self._next_try = time.monotonic() + (0 if isinstance(error, Displaced) else self._pause)
        if not busy and self._ledger is not None:
            ledger, self._ledger = self._ledger, None
            try:
                ledger.close()
            except Exception as fault:
                log.debug("a ledger that refused could not be closed (%s)", type(fault).__name__)

    def _enter(self, writes: Sequence[Write]) -> Sequence[Write]:
        """Write into the ledger in one transaction; give what it did not take."""
        ledger = self._reach()
        if ledger is None or time.monotonic() < self._next_try:
            return writes
        batch = Batch(ledger, self._entered)
        told = self._untold()
        try:
            with ledger.transaction():
                for write in (*writes, *told):
                    batch.write(write)
        except Exception as error:
            if _not_now(error):
                self._refused(error)
                return writes
            if len(writes) <= 1:
                self._fault(error, writes)
                return []
            return [left for write in writes for left in self._enter([write])]  # one is at fault
        self._told_of(told)
        self._count(batch.opened, batch.closed)
        self._entered = batch.calls
        self._takes()
        return []

    def _takes(self) -> None:
        self._pause = SOON_SECONDS
        if not self._held():
            self._trouble.ends(self._counts)

    # The spool.

    def _held(self) -> bool:
        return self._waiting is not None and self._waiting.first is not None

    def _spool(self, writes: Sequence[Write]) -> Sequence[Write]:
        """Append to the spool; give what it did not take."""
        if self._waiting is None:
            return writes
        told = self._untold()
        late = [self._late(write) for write in (*writes, *told)]
        try:
            self._waiting.append([(encode(write, self._run), calls_in(write)) for write in late])
        except (OSError, SpoolFull) as error:
            self._trouble.no_spool(error, self._waiting.path)
            return writes
        self._told_of(told)
        for write in late:
            self._counts.waited += calls_in(write)
            if isinstance(write, Late):
                self._entered.pop(write.closing.exchange, None)
        return []

    def _late(self, write: Write) -> Write:
        """Say of a closing which call it is of, where the ledger already holds that call."""
        if isinstance(write, Closing) and (call := self._entered.get(write.exchange)) is not None:
            return Late(write, call)
        return write

    def _drain(self, only: int | None = None) -> None:
        """Enter some records of the first spool, in one transaction with their position. `only`: so many."""
        ledger, waiting = self._reach(), self._waiting
        if ledger is None or waiting is None or (spool := waiting.first) is None:
            return
        drained = None
        try:
            with ledger.transaction():
                spooled = ledger.spools.read(spool.name)
                records = spool.read(spooled.position)[:only]
                if records:
                    drained = Drained(ledger, spooled, self._ask)
                    for record in records:
                        drained.enter(record)
                    ledger.spools.advance(spool.name, drained.spooled(records[-1].end))
        except Exception as error:
            if _not_now(error):
                self._refused(error)
            elif only == 1:
                self._skip(ledger, spool, error)
            else:
                self._drain(only=1)  # one is at fault
            return
        if drained is None:
            self._drained(ledger, waiting, spool, spooled.position)
            return
        waiting.entered(spool, records[-1].end)
        self._count(drained.batch.opened, drained.batch.closed)
        if drained.run == self._run:
            self._entered |= drained.batch.calls
            for closing in drained.batch.closed:
                self._entered.pop(closing.exchange, None)
        self._counts.lose(drained.damaged, DAMAGED)
        self._takes()

    def _drained(self, ledger: Ledger, waiting: Waiting, spool: Spool, position: int) -> None:
        """Let go of a spool that is entered to its end, or as far as it can be read."""
        name = spool.name
        try:
            if position < spool.size:
                self._counts.lose(spool.set_aside(), DAMAGED)
            waiting.done(spool)
            ledger.spools.forget(name)
        except (OSError, LedgerError, sqlite3.Error) as error:
            self._refused(error)
        else:
            self._takes()

    def _skip(self, ledger: Ledger, spool: Spool, error: Exception) -> None:
        """Leave one record out that brings a bug of ours to light."""
        try:
            with ledger.transaction():
                spooled = ledger.spools.read(spool.name)
                record = spool.read(spooled.position)[0]
                ledger.spools.advance(spool.name, Spooled(record.end, spooled.run, spooled.under_way))
        except Exception as refusal:
            self._refused(refusal)
        else:
            self._counts.lose(record.calls, FAULT)
            self._fault(error, [])

    # What is counted.

    def _count(self, opened: Sequence[tuple[Opening, Entered]], closed: Sequence[Closing]) -> None:
        for opening, entered in opened:
            self._counts.calls += 1
            self._counts.kinds[entered.kind] += 1
            self._counts.request_bytes += opening.call.request_bytes
            self._counts.turns += entered.new_turn
            self._counts.unreadable += opening.asking is None
        for closing in closed:
            self._counts.response_bytes += closing.answer.response_bytes
            self._counts.unreadable_answers += closing.answer.unreadable

    def _untold(self) -> list[Lost]:
        """Give the losses that neither ledger nor spool know of."""
        lost = self._counts.lost_since + Counter({NO_ROOM: self._counts.no_room}) - self._told
        now = utc(time.time())
        return [Lost(calls, why, now) for why, calls in lost.items()]

    def _told_of(self, losses: Sequence[Lost]) -> None:
        for lost in losses:
            self._told[lost.why] += lost.calls

    def _fault(self, fault: Exception, writes: Sequence[Write]) -> None:
        """Say that a bug lost a write, by the bug's kind alone: its message may quote a prompt."""
        self._counts.faults += 1
        self._counts.lose(sum(map(calls_in, writes)), FAULT)
        log.error("intake lost an event to a bug (%s)", type(fault).__name__)


def _not_now(error: Exception) -> bool:
    """Tell what the ledger's state brings about from a bug of ours."""
    return isinstance(error, LedgerError) or (isinstance(error, sqlite3.Error) and not isinstance(error, OURS))
