"""Draining the ledger."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from classifiers.rules import RulesJudge
from classifiers.worker import BATCH, FELL_BACK, LOST, UNREAD, Drained, drain
from ledger.keys import Keys
from ledger.records import Judgement, PendingTurn
from ledger.ring import Ring
from ledger.store import Ledger
from tests.classifiers.asking import BEGIN, KEYS, turn

KILLS = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "usage.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with closing(Ledger.open(path)) as opened:
        yield opened


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask the ledger's file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


class TouchyJudge(RulesJudge):
    """Fails on some turns, quoting them."""

    name = "touchy-1"

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge, unless a turn is bad."""
        for pending in turns:
            if "bad" in pending.text:
                raise RuntimeError(pending.text)
        return super().judge(turns)


def test_once_judges_everything_and_ends(ledger: Ledger, path: Path) -> None:
    """All turns get a judgement, the text is gone, and progress was told after each batch."""
    for number in range(BATCH * 2 + 3):
        ledger.open_turn(turn(number))
    told: list[Drained] = []
    done = drain(ledger, RulesJudge(), keys=KEYS, once=True, stop=threading.Event(), progress=told.append)
    assert done == Drained(judged=19, fallen_back=0)
    assert [seen.judged for seen in told] == [8, 16, 19]
    assert rows(path, "SELECT count(*), count(text) FROM turns") == [(19, 0)]
    assert drain(ledger, RulesJudge(), keys=KEYS, once=True, stop=threading.Event()) == Drained()


def test_text_can_be_kept_for_a_while(ledger: Ledger, path: Path) -> None:
    """A kept text has its end written beside it."""
    ledger.open_turn(turn(1))
    drain(ledger, RulesJudge(), keys=KEYS, once=True, stop=threading.Event(), keep_text_seconds=60)
    assert rows(path, "SELECT text IS NOT NULL, text_expires_at IS NOT NULL FROM turns") == [(1, 1)]


def test_a_turn_that_the_judge_fails_on_is_judged_by_rules(ledger: Ledger, path: Path) -> None:
    """The others keep the model's judgement, the failed one says what it is, and the queue goes on."""
    for number in range(12):
        ledger.open_turn(turn(number, "a bad one" if number in (3, 9) else "a good one"))
    assert drain(ledger, TouchyJudge(), keys=KEYS, once=True, stop=threading.Event()) == Drained(
        judged=12, fallen_back=2
    )
    fallen = rows(path, f"SELECT turn_id, classifier FROM judgements WHERE reasons LIKE '%{FELL_BACK}%'")
    assert fallen == [(4, "touchy-1"), (10, "touchy-1")]


def test_a_turn_whose_text_is_lost_is_judged_by_rules_and_counted(path: Path) -> None:
    """The judge does not see it, no turn is compared with it, and those behind it are judged as ever."""
    with closing(Ledger.open(path, keys=Keys(Ring.new(BEGIN, 52)))) as ledger:
        ledger.open_turn(turn(1))
    with closing(Ledger.open(path, keys=KEYS)) as ledger:
        ledger.open_turn(turn(2, "a good one"))
        judge = TouchyJudge()
        assert drain(ledger, judge, keys=KEYS, once=True, stop=threading.Event()) == Drained(judged=2, lost=1)
    found = rows(path, f"SELECT turn_id, classifier, level FROM judgements WHERE reasons LIKE '%{LOST}%'")
    assert found == [(1, "touchy-1", 0)]
    assert rows(path, "SELECT turn_id FROM signatures") == [(2,)]


def test_not_even_the_rules_stop_the_queue(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that nothing can read counts as noise and says so."""
    ledger.open_turn(turn(1, "a bad one"))
    monkeypatch.setattr("classifiers.worker.RulesJudge", UnreadingRules)
    assert drain(ledger, TouchyJudge(), keys=KEYS, once=True, stop=threading.Event()).fallen_back == 1
    assert rows(path, "SELECT level, reasons FROM judgements") == [(0, f'["{UNREAD}"]')]


class UnreadingRules(RulesJudge):
    """Fails on any text."""

    def judge(self, turns: Sequence[PendingTurn]) -> list[Judgement]:
        """Judge only what is empty."""
        if any(pending.text for pending in turns):
            raise ValueError
        return super().judge(turns)


def test_it_goes_on_until_stopped(ledger: Ledger, path: Path) -> None:
    """A worker that is not told to end sees turns that come later."""
    stop, seen = threading.Event(), threading.Event()

    def work() -> None:
        with closing(Ledger.open(path)) as own:
            drain(
                own, RulesJudge(), keys=KEYS, once=False, stop=stop, idle_seconds=0.01, progress=lambda done: seen.set()
            )

    worker = threading.Thread(target=work)
    worker.start()
    ledger.open_turn(turn(1))
    assert seen.wait(30)
    seen.clear()
    ledger.open_turn(turn(2))
    assert seen.wait(30)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()


def test_killed_in_mid_batch_every_turn_is_judged_once(ledger: Ledger, path: Path) -> None:
    """Killed twenty times while it judges, the worker leaves no turn out and judges none twice."""
    with ledger.transaction():
        for number in range(BATCH * (3 * KILLS + 4)):
            ledger.open_turn(turn(number))
    command = [sys.executable, "-m", "tests.classifiers.asking", str(path)]
    killed = 0
    for kill in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout
            for _ in range(1 + kill % 3):
                assert worker.stdout.readline() == "batch\n"
            worker.kill()
            worker.stdout.read()
        killed += worker.returncode == -9
    assert killed == KILLS
    left = rows(path, "SELECT count(*) FROM turns WHERE text IS NOT NULL")[0][0]
    assert left, "the kills came too late to prove anything"
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert rows(path, "SELECT count(*) FROM turns") == rows(path, "SELECT count(DISTINCT turn_id) FROM judgements")
    assert rows(path, "SELECT count(*) FROM judgements") == rows(path, "SELECT count(DISTINCT turn_id) FROM judgements")
    assert rows(path, "SELECT count(*) FROM turns WHERE text IS NOT NULL") == [(0,)]
