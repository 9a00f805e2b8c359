"""Carries exchange events from the event loop into the ledger, in one thread: the one writer of the process.

A call (and its turn) is written when its request has arrived whole, long before the answer, and completed when the
exchange ends. What cannot be written waits, within bounds, and is counted when it is lost.
Leaves out how bytes are captured (`capture.py`), what they mean (`assembly.py`) and where they go (`delivery.py`).
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace

from ledger.records import utc
from ledger.store import Ledger, LedgerError
from proxy.assembly import Assembly
from proxy.counts import FAULT, NO_ROOM, Counts
from proxy.delivery import PATIENCE_SECONDS, SOON_SECONDS, Delivery
from proxy.exchange import AnswerBytes, Asked, Ended, Event, SocketMessage
from proxy.spooling import Write, calls_in
from proxy.waiting import Waiting

__all__ = ["Counts", "Intake"]

log = logging.getLogger(__name__)

MAX_WAITING_BYTES = 64 * 1024 * 1024  # of events; past it they are dropped and counted
MAX_BATCH = 64  # events a transaction
BEGINNING_SECONDS = 1.0


class Intake:
    """Takes events on the event loop's thread and writes them on its own."""

    def __init__(
        self,
        open_ledger: Callable[[], Ledger],
        assembly: Assembly | Callable[[], Assembly],
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        waiting: Callable[[], Waiting] | None = None,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        """`assembly` and `waiting`, where they are to be made, may raise LedgerError: then that is tried again, as
        `open_ledger` is. `say` tells the operator when the ledger refuses and when that is over.
        """
        self.counts = Counts()
        self._open_ledger = open_ledger
        self._assembly = assembly
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting = waiting
        self._say = say
        self._made_of: tuple[Assembly, Delivery] | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._bytes_put = 0  # written by the putting thread alone, as the next one by ours: no lock is needed
        self._bytes_taken = 0
        self._missed: set[int] = set()  # exchanges under way of which bytes were dropped
        self._durable: dict[int, Future[None]] = {}
        self._stopping = threading.Event()
        self._begun = threading.Event()  # it can store, or has tried to
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin, whatever the ledger's state. Waits a moment for key and spool, so that the first call is stored."""
        self._thread.start()
        self._begun.wait(BEGINNING_SECONDS)

    def stop(self, timeout: float = 15.0) -> None:
        """Write what waits, then end. What `timeout` seconds do not suffice for is counted as lost."""
        self._stopping.set()
        self._events.put(None)
        self._thread.join(timeout)
        self.counts.no_room += sum(_asks(event) for event in self._rest())

    @property
    def left(self) -> int:
        """Calls that wait in the spool, once intake has ended."""
        return self._made_of[1].left if self._made_of else 0

    @property
    def under_way(self) -> int:
        """Exchanges that have not ended, and calls in the ledger whose end is not there yet."""
        return self._made_of[0].under_way + self._made_of[1].unclosed if self._made_of else 0

    def put(self, event: Event) -> None:
        """Take an event. Never blocks, never raises."""
        size = _size(event)
        if size and self.waiting_bytes + size > self._max_waiting_bytes:
            if _asks(event):
                self.counts.no_room += 1
            else:
                self.counts.dropped_bytes += size
                self._missed.add(event.exchange)
            return
        if isinstance(event, Ended) and event.exchange in self._missed:
            self._missed.remove(event.exchange)
            event = replace(event, missed=True)
        if _asks(event):
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
        self._made_of = self._made()
        if self._made_of is None:
            self._give_up()
            return
        assembly, delivery = self._made_of
        delivery.tend()
        self._begun.set()
        while (batch := self._take(delivery.pause())) is not None:
            writes = [write for event in batch for write in self._read(assembly, event)]
            if writes:
                self._deliver(delivery, writes)
            for event in batch:
                if isinstance(event, Ended) or _asks(event):
                    self._release(event.exchange)
            delivery.tend()
        delivery.finish()

    def _made(self) -> tuple[Assembly, Delivery] | None:
        """Make what reads and delivers, which takes the ledger's key. None: the process ends without one.

        Once it is to end it tries once more, as the key may be back by then.
        """
        said = ending = False
        while True:
            try:
                assembly = self._assembly if isinstance(self._assembly, Assembly) else self._assembly()
                waiting = self._waiting() if self._waiting else None
            except LedgerError as error:
                self.counts.ledger_faults += 1
                self._begun.set()
                if not said:
                    self._say(f"{error}. Traffic goes on, and calls wait in memory")
                said = True
                if ending:
                    return None
                ending = self._stopping.wait(PATIENCE_SECONDS)
                continue
            if waiting is not None:
                waiting.take_over()
                for path in waiting.unreadable:
                    self._say(f"{path} was written with another key: put that key back, and its calls are entered")
            return assembly, Delivery(self._open_ledger, assembly.asking, waiting, self.counts, self._say)

    def _take(self, seconds: float | None) -> list[Event] | None:
        """Wait so long for events; give None when there will be no more."""
        batch: list[Event] = []
        while len(batch) < MAX_BATCH:
            try:
                event = self._events.get(block=not batch and seconds != 0, timeout=seconds)
            except queue.Empty:
                break
            if event is None:
                if not batch:
                    return None
                self._events.put(None)  # to be seen again once this batch is written
                break
            self._bytes_taken += _size(event)
            batch.append(event)
        return batch

    def _read(self, assembly: Assembly, event: Event) -> list[Write]:
        try:
            return list(assembly.read(event))
        except Exception as fault:  # a bug of ours must not end the thread
            self.counts.faults += 1
            self.counts.lose(_asks(event), FAULT)
            # By the bug's kind alone: its message may quote a prompt.
            log.error("intake lost an event to a bug (%s)", type(fault).__name__)  # noqa: TRY400
            return []

    def _deliver(self, delivery: Delivery, writes: Sequence[Write]) -> None:
        """Deliver, again and again until ledger or spool take it or the process must end."""
        while writes := delivery.deliver(writes):
            pause = delivery.pause()
            if self._stopping.wait(SOON_SECONDS if pause is None else max(pause, SOON_SECONDS)):
                if delivery.opening:
                    delivery.tend()
                    continue
                self.counts.lose(sum(map(calls_in, writes)), NO_ROOM)
                return
            delivery.tend()

    def _give_up(self) -> None:
        """Count what waits as lost, in the ledger too: that takes no key."""
        self.counts.lose(sum(map(_asks, self._rest())), NO_ROOM)
        if self.counts.lost:
            with suppress(LedgerError, sqlite3.Error), closing(self._open_ledger()) as ledger:
                ledger.spools.lose(utc(time.time()), self.counts.lost, NO_ROOM)

    def _rest(self) -> Iterable[Event]:
        """Give what nobody will take any more."""
        while not self._events.empty():
            if (event := self._events.get_nowait()) is not None:
                yield event

    def _release(self, exchange: int) -> None:
        """Let go whoever waits for the exchange. It was tried; nothing is gained by waiting longer."""
        if (future := self._durable.pop(exchange, None)) is not None and not future.cancelled():
            future.set_result(None)


def _size(event: Event) -> int:
    match event:
        case Asked():
            return len(event.body) + 1024  # and its headers, about
        case AnswerBytes() | SocketMessage():
            return len(event.data)
    return 0


def _asks(event: Event) -> bool:
    return isinstance(event, Asked) or (isinstance(event, SocketMessage) and event.awaited)
