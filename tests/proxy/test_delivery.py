"""Every call is entered exactly once, or counted as lost, whatever ledger and spool do and whoever is killed."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.keys import Keys
from ledger.ring import Ring
from ledger.store import Ledger
from proxy.assembly import Assembly
from proxy.exchange import Asked
from proxy.identity import Resolver
from proxy.intake import Intake
from proxy.waiting import Waiting
from tests.assay.running import wait_until
from tests.ledger.facts import words
from tests.proxy.asking import asked, chat
from tests.proxy.test_intake import ROUTES, answer, exchange, rows

SECRET = bytes(32)
KEYS = Keys(Ring.of_single(bytes(range(32)), 0, 4))
CAP = 10_000_000


class Rig:
    """An intake with a spool, and what it says."""

    def __init__(self, folder: Path, cap: int = CAP, max_waiting_bytes: int = 64_000_000) -> None:
        self.db = folder / "usage.db"
        self.spool = folder / "usage.db.spool"
        self.said: list[str] = []
        assembly = Assembly(ROUTES, Resolver(KEYS), KEYS)
        self.intake = Intake(
            lambda: Ledger.open(self.db, 50),
            assembly,
            max_waiting_bytes,
            waiting=lambda: Waiting(self.db, SECRET, cap),
            say=self.said.append,
        )

    def ask(self, text: str) -> Asked:
        """Ask, and wait until that is durable."""
        question = asked(chat(text))
        self.put(question)
        return question

    def enter(self, text: str) -> Asked:
        """Ask, and wait until that is in the ledger."""
        question = self.ask(text)
        wait_until(lambda: self.db.exists() and text in self.texts())
        return question

    def put(self, question: Asked) -> None:
        self.intake.put(question)
        if (durable := self.intake.durable(question.exchange)) is not None:
            durable.result(timeout=20)

    def end(self, question: Asked) -> None:
        for event in answer(question):
            self.intake.put(event)

    def texts(self) -> list[str]:
        try:
            return [text or "" for text in words(self.db)]
        except sqlite3.OperationalError:  # it is just being made, or taken away
            return []


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr("proxy.delivery.PATIENCE_SECONDS", 0.02)


@contextmanager
def going(folder: Path, **more: int) -> Iterator[Rig]:
    rig = Rig(folder, **more)
    rig.intake.start()
    try:
        yield rig
    finally:
        rig.intake.stop()


@contextmanager
def locked(db: Path) -> Iterator[None]:
    with closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def corrupt(db: Path) -> None:
    db.write_bytes(b"no database, but long enough to look at " * 100)


def in_the_way(db: Path) -> None:
    db.mkdir()


@pytest.mark.parametrize("spoil", [corrupt, in_the_way])
def test_calls_wait_while_the_ledger_cannot_be_used_and_are_entered_in_order(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """Encrypted in the spool; said once when it begins and once when it is over."""
    spoil(tmp_path / "usage.db")
    with going(tmp_path) as rig:
        questions = [rig.ask(f"CANARY {number}") for number in range(30)]
        for question in questions[:20]:
            rig.end(question)
        assert b"CANARY" not in rig.spool.read_bytes()
        wait_until(lambda: len(rig.said) == 1)
        aside = tmp_path / "aside"
        rig.db.rename(aside)
        wait_until(lambda: len(rig.said) == 2)
        rig.ask("and now")
        assert rig.spool.stat().st_size == 0
        for question in questions[20:]:
            rig.end(question)
    assert rig.texts() == [*(f"CANARY {number}" for number in range(30)), "and now"]
    assert rows(rig.db, "SELECT count(*) FROM calls WHERE complete = 1") == [(30,)]
    assert "Traffic goes on, and calls wait in " in rig.said[0]
    assert rig.said[1] == "the ledger takes calls again: 30 waited, 0 were lost"
    assert rig.intake.counts.calls == 31
    assert not rig.spool.exists()
    assert rows(rig.db, "SELECT count(*) FROM spools") == [(0,)]


def test_a_lock_that_passes_is_waited_for_in_the_spool_and_is_not_worth_a_word(tmp_path: Path) -> None:
    """An answer goes on at once: its call is durable, though not yet in the ledger."""
    with going(tmp_path) as rig:
        first = rig.enter("before")
        with locked(rig.db):
            second = rig.ask("during")
            rig.end(first)
            rig.end(second)
            assert rig.texts() == ["before"]
        wait_until(lambda: rig.texts() == ["before", "during"])
    assert rows(rig.db, "SELECT complete FROM calls") == [(1,), (1,)]
    assert rig.said == []
    assert rig.intake.counts.waited >= 1


def test_an_end_that_waited_closes_no_call_of_another_ledger(tmp_path: Path) -> None:
    """The ledger was replaced in between: there the number is another call's."""
    with going(tmp_path) as rig:
        first = rig.enter("first")
        with locked(rig.db):
            rig.end(first)
            wait_until(lambda: rig.spool.exists() and rig.spool.stat().st_size)
            for file in tmp_path.glob("usage.db*"):
                if file != rig.spool:
                    file.unlink()
            with closing(Ledger.open(rig.db)) as new, new.transaction():
                new.open_call(next(iter(Assembly(ROUTES, Resolver(KEYS), KEYS).read(asked(b"{", at=1.0)))).call, None)  # type: ignore[union-attr]
        wait_until(lambda: rig.spool.stat().st_size == 0)
        rig.ask("second")
    assert rows(rig.db, "SELECT kind, complete FROM calls ORDER BY id") == [("unreadable", 0), ("prompt", 0)]


@pytest.mark.parametrize("endings", [("",), ("", "-wal", "-shm"), ("-wal",), ("-shm",)])
def test_a_ledger_that_is_deleted_while_it_is_open_is_begun_anew(tmp_path: Path, endings: tuple[str, ...]) -> None:
    """What comes after that is in a file that can be found."""
    with going(tmp_path) as rig:
        rig.enter("before")
        for ending in endings:
            (tmp_path / f"usage.db{ending}").unlink()
        for number in range(5):
            rig.ask(f"after {number}")
        wait_until(lambda: rig.texts()[-1:] == ["after 4"])
    assert rig.texts()[-5:] == [f"after {number}" for number in range(5)]
    assert rig.intake.counts.lost == 0


def test_what_a_dead_process_left_is_entered_at_the_next_start(tmp_path: Path) -> None:
    """First of all, with its ends; a spool of its own is held by a proxy that lives."""
    corrupt(tmp_path / "usage.db")
    with going(tmp_path) as first, going(tmp_path) as second:
        first.end(first.ask("of the first"))
        second.ask("of the second")
        assert (tmp_path / "usage.db.spool.2").exists()
    assert (first.intake.left, second.intake.left) == (1, 1)
    (tmp_path / "usage.db").unlink()
    with going(tmp_path) as third:
        third.ask("of the third")
    assert third.texts() == ["of the first", "of the second", "of the third"]
    assert rows(third.db, "SELECT complete FROM calls ORDER BY id") == [(1,), (0,), (0,)]
    assert list(tmp_path.glob("*.spool*")) == []


def test_past_every_bound_calls_are_lost_and_the_ledger_learns_how_many(tmp_path: Path) -> None:
    """First the spool is full, then memory."""
    corrupt(tmp_path / "usage.db")
    with going(tmp_path, cap=4000, max_waiting_bytes=4000) as rig:
        asked_for = 0
        while len(rig.said) < 2 or not rig.intake.counts.lost:
            rig.intake.put(asked(chat(f"question {asked_for}")))
            asked_for += 1
        rig.db.unlink()
        wait_until(lambda: rig.db.exists() and "lost" in " ".join(rig.said[-1:]) and "again" in rig.said[-1])
    assert sum("is full: calls wait in memory" in said for said in rig.said) == 1
    (entered,) = rows(rig.db, "SELECT count(*) FROM calls")[0]
    assert rows(rig.db, "SELECT sum(calls), min(why), max(why) FROM lost") == [
        (asked_for - entered, "no room to wait", "no room to wait")
    ]
    assert rig.intake.counts.lost == asked_for - entered > 0


def test_a_spool_of_another_key_is_left_alone_and_said(tmp_path: Path) -> None:
    corrupt(tmp_path / "usage.db")
    with going(tmp_path) as rig:
        rig.ask("of the old key")
    before = rig.spool.read_bytes()
    (tmp_path / "usage.db").unlink()
    other = Rig(tmp_path)
    other.intake._waiting = lambda: Waiting(other.db, bytes([1]) * 32, CAP)
    other.intake.start()
    other.ask("of the new key")
    other.intake.stop()
    assert other.texts() == ["of the new key"]
    assert any("was written with another key" in said for said in other.said)
    assert rig.spool.read_bytes() == before


def test_a_record_that_brings_out_a_bug_is_counted_and_the_others_are_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its message."""
    real = Ledger.open_turn

    def faulty(self: Ledger, turn: object) -> int:
        if "bug" in turn.text:  # type: ignore[attr-defined]
            raise RuntimeError("quotes the prompt")
        return real(self, turn)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "open_turn", faulty)
    corrupt(tmp_path / "usage.db")
    with going(tmp_path) as rig:
        for text in ("one", "bug", "two"):
            rig.ask(text)
        (tmp_path / "usage.db").unlink()
        wait_until(lambda: rig.db.exists() and len(rig.said) == 2)
        rig.ask("another bug")
    assert rig.texts() == ["one", "two"]
    assert (rig.intake.counts.lost, rig.intake.counts.faults) == (2, 2)
    assert rows(rig.db, "SELECT sum(calls), min(why) FROM lost") == [(2, "a fault of Assay")]
    assert "quotes" not in caplog.text


def test_without_a_key_calls_wait_in_memory(tmp_path: Path) -> None:
    """Until it is there."""
    there = threading.Event()

    def assembly() -> Assembly:
        if not there.is_set():
            raise LedgerError("the key file cannot be read: mend it")
        return Assembly(ROUTES, Resolver(KEYS), KEYS)

    rig = Rig(tmp_path)
    rig.intake._assembly = assembly
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("proxy.intake.PATIENCE_SECONDS", 0.01)
        rig.intake.start()
        exchange(rig.intake, asked(chat("patience")))
        wait_until(lambda: rig.said)
        there.set()
        rig.ask("more")
    rig.intake.stop()
    assert rig.texts() == ["patience", "more"]
    assert rig.said == ["the key file cannot be read: mend it. Traffic goes on, and calls wait in memory"]


def test_whoever_is_killed_while_the_spool_is_entered_enters_each_call_once(tmp_path: Path) -> None:
    """kill -9 at random instants, until a process comes to the end."""
    corrupt(tmp_path / "usage.db")
    with going(tmp_path) as rig:
        for number in range(400):
            rig.end(rig.ask(f"question {number}"))
    (tmp_path / "usage.db").unlink()
    chance = random.Random(8)
    kills = 0
    while (tmp_path / "usage.db.spool").exists():
        process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.proxy.test_delivery import drain; drain({str(tmp_path)!r})"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        try:
            process.wait(0.05 * chance.random() if kills < 12 else 60)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.communicate()
    assert kills > 0
    assert rig.texts() == [f"question {number}" for number in range(400)]
    assert rows(rig.db, "SELECT count(*), sum(complete), count(DISTINCT turn_id) FROM calls") == [(400, 400, 400)]


def drain(folder: str) -> None:
    """Enter what waits, in a process of its own."""
    rig = Rig(Path(folder))
    print("going", flush=True)
    rig.intake.start()
    wait_until(lambda: not rig.spool.exists() or rig.spool.stat().st_size == 0)
    rig.intake.stop()
    os._exit(0)
