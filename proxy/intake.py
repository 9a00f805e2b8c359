"""Carries exchange events from the event loop into the ledger, in one thread: the one writer of the process.

A call (and its turn) is written when its request has arrived whole, long before the answer, and completed when the
exchange ends. What cannot be written waits, within bounds, and is counted when it is lost.
Leaves out how bytes are captured (`capture.py`) and what they mean (`assembly.py`).
"""

import logging
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from ledger.store import Ledger, LedgerError
from proxy.assembly import Assembly, Closing, Opening
from proxy.entering import Entered, close, enter
from proxy.exchange import AnswerBytes, Asked, Ended, Event, SocketMessage

log = logging.getLogger(__name__)

MAX_WAITING_BYTES = 64 * 1024 * 1024  # of events; past it they are dropped and counted
MAX_BATCH = 64  # events a transaction
PATIENCE_SECONDS = 1.0  # between tries while the ledger refuses


@dataclass(slots=True)
class Counts:
    """What intake did since the process began."""

    calls: int = 0
    kinds: Counter[str] = field(default_factory=Counter)  # of the calls
    turns: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    unreadable: int = 0  # requests that could not be read; they were passed on untouched
    unreadable_answers: int = 0  # answers that could not be read, so their token usage is not known
    lost: int = 0  # calls that are not in the ledger: the queue was full, or the ledger refused to the end
    dropped_bytes: int = 0  # of answers, past the queue's bound; their usage may be missing
    ledger_faults: int = 0  # tries to write that failed; each is tried again
    faults: int = 0  # events lost to a bug of ours


class Intake:
    """Takes events on the event loop's thread and writes them on its own."""

    def __init__(
        self,
        open_ledger: Callable[[], Ledger],
        assembly: Assembly,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self.counts = Counts()
        self._open_ledger = open_ledger
        self._assembly = assembly
        self._max_waiting_bytes = max_waiting_bytes
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._bytes_put = 0  # written by the putting thread alone, as the next one by ours: no lock is needed
        self._bytes_taken = 0
        self._missed: set[int] = set()  # exchanges under way of which bytes were dropped
        self._durable: dict[int, Future[None]] = {}
        self._entered: dict[int, Entered] = {}  # calls whose exchanges go on
        self._stopping = threading.Event()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Open the ledger and begin. Raises LedgerError where it cannot be opened."""
        self._thread.start()
        self._started.result()

    def stop(self, timeout: float = 10.0) -> None:
        """Write what waits, then end. What `timeout` seconds do not suffice for is counted as lost."""
        self._stopping.set()
        self._events.put(None)
        self._thread.join(timeout)
        if self._thread.is_alive():
            while not self._events.empty():
                self.counts.lost += isinstance(self._events.get_nowait(), Asked)

    def put(self, event: Event) -> None:
        """Take an event. Never blocks, never raises."""
        size = _size(event)
        if size and self.waiting_bytes + size > self._max_waiting_bytes:
            if isinstance(event, Asked) or _may_ask(event):
                self.counts.lost += 1
            else:
                self.counts.dropped_bytes += size
                self._missed.add(event.exchange)
            return
        if isinstance(event, Ended) and event.exchange in self._missed:
            self._missed.remove(event.exchange)
            event = replace(event, missed=True)
        if isinstance(event, Asked) or _may_ask(event):
            self._durable[event.exchange] = Future()
        self._bytes_put += size
        self._events.put(event)

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be written."""
        return self._bytes_put - self._bytes_taken

    def durable(self, exchange: int) -> Future[None] | None:
        """Tell when the exchange's call is in the ledger. None: there is nothing to wait for."""
        return self._durable.get(exchange)

    def _run(self) -> None:
        try:
            ledger = self._open_ledger()
        except LedgerError as error:
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        try:
            while batch := self._take():
                writes = [write for event in batch for write in self._read(event)]
                if writes:
                    self._write_patiently(ledger, writes)
                for event in batch:
                    if isinstance(event, Asked | Ended) or _may_ask(event):
                        self._release(event.exchange)
        finally:
            ledger.close()

    def _take(self) -> list[Event]:
        """Wait for events; give none when there will be no more."""
        batch: list[Event] = []
        while len(batch) < MAX_BATCH:
            try:
                event = self._events.get(block=not batch)
            except queue.Empty:
                break
            if event is None:
                if batch:
                    self._events.put(None)  # to be seen again once this batch is written
                break
            self._bytes_taken += _size(event)
            batch.append(event)
        return batch

    def _read(self, event: Event) -> list[Opening | Closing]:
        try:
            return list(self._assembly.read(event))
        except Exception as fault:  # a bug of ours must not end the thread
            self._fault(fault)
            return []

    def _write_patiently(self, ledger: Ledger, writes: list[Opening | Closing]) -> None:
        """Write in one transaction, again and again until the ledger takes it or the process must end."""
        while True:
            try:
                with ledger.transaction():
                    entered = self._write(ledger, writes)
            except (sqlite3.Error, LedgerError) as error:
                self.counts.ledger_faults += 1
                log.warning("the ledger refuses (%s): calls wait, traffic goes on", type(error).__name__)
                if self._stopping.wait(PATIENCE_SECONDS):
                    self.counts.lost += sum(isinstance(write, Opening) for write in writes)
                    return
            except Exception as fault:
                if len(writes) == 1:
                    self._fault(fault)
                    return
                for write in writes:  # one is at fault: the others are written
                    self._write_patiently(ledger, [write])
                return
            else:
                self._count(writes, entered)
                return

    def _write(self, ledger: Ledger, writes: list[Opening | Closing]) -> dict[int, Entered]:
        entered: dict[int, Entered] = {}
        for write in writes:
            if isinstance(write, Opening):
                entered[write.exchange] = enter(ledger, write)
            elif call := entered.get(write.exchange) or self._entered.get(write.exchange):
                close(ledger, call, write)
        return entered

    def _count(self, writes: list[Opening | Closing], entered: dict[int, Entered]) -> None:
        """Remember what is durable now, and forget the exchanges that have ended."""
        self._entered |= entered
        for write in writes:
            if isinstance(write, Opening):
                self.counts.calls += 1
                self.counts.kinds[entered[write.exchange].kind] += 1
                self.counts.request_bytes += write.call.request_bytes
                self.counts.turns += entered[write.exchange].new_turn
                self.counts.unreadable += write.asking is None
            else:
                self.counts.response_bytes += write.answer.response_bytes
                self.counts.unreadable_answers += write.answer.unreadable
                self._entered.pop(write.exchange, None)

    def _release(self, exchange: int) -> None:
        """Let go whoever waits for the exchange. It was tried; nothing is gained by waiting longer."""
        if (future := self._durable.pop(exchange, None)) is not None and not future.cancelled():
            future.set_result(None)

    def _fault(self, fault: Exception) -> None:
        """Say that a bug lost an event, by the bug's kind alone: its message may quote a prompt."""
        self.counts.faults += 1
        log.error("intake lost an event to a bug (%s)", type(fault).__name__)


def _size(event: Event) -> int:
    match event:
        case Asked():
            return len(event.body) + 1024  # and its headers, about
        case AnswerBytes() | SocketMessage():
            return len(event.data)
    return 0


def _may_ask(event: Event) -> bool:
    return isinstance(event, SocketMessage) and event.awaited
