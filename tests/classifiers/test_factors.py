"""Novelty and attention in judgements, batch by batch."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from classifiers.judgements import Weighed
from classifiers.novelty import OWN_MEANING, OWN_WORDS, TEAM_WORDS, WINDOW
from classifiers.rules import RulesJudge
from classifiers.worker import BATCH, drain
from ledger.keys import Keys
from ledger.records import PendingTurn, Turn, utc
from ledger.ring import Ring, week_of
from ledger.store import Ledger
from tests.classifiers.asking import KEYS
from tests.classifiers.asking import turn as plain_turn

ASK = "List the five suppliers with the longest delays in 2025 and say what each delay cost us"
NOW = time.time()


def turn(number: int, text: str = ASK, person: str = "p1", team: str | None = "t", at: float = 0.0) -> Turn:
    """Make a turn of now, or of so many seconds before or after."""
    made = plain_turn(number, text)
    return replace(made, at=utc(NOW + number * 61.7 * (1 + number % 3) + at), person=person, team=team)


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


def judged(ledger: Ledger, judge: RulesJudge | None = None) -> None:
    """Judge all that waits."""
    drain(ledger, judge or RulesJudge(), keys=KEYS, once=True, stop=threading.Event())


class OneWayJudge(RulesJudge):
    """Has an encoder to which everything means the same."""

    def weigh(self, turns: Sequence[PendingTurn]) -> list[Weighed]:
        """Judge each turn, all with one embedding."""
        return [(found, np.ones(8, np.float32)) for found in self.judge(turns)]


def test_turns_of_one_batch_see_one_another(ledger: Ledger, path: Path) -> None:
    """The first is new, one's own second a repeat, a team-mate's less of one, a stranger's none; levels stay."""
    ledger.open_turn(turn(0))
    ledger.open_turn(turn(1, ASK.upper()))
    ledger.open_turn(turn(2, person="p2"))
    ledger.open_turn(turn(3, person="p3", team="other"))
    ledger.open_turn(turn(4, person="p4", team=None))
    judged(ledger)
    found = rows(path, "SELECT novelty, duplicate_of FROM judgements ORDER BY turn_id")
    assert found == [(1, None), (OWN_WORDS, 1), (TEAM_WORDS, 2), (1, None), (1, None)]
    assert len(rows(path, "SELECT DISTINCT level, p3 FROM judgements")) == 1
    (reasons,) = rows(path, "SELECT reasons FROM judgements WHERE turn_id = 2")[0]
    assert json.loads(str(reasons))[-1] == "repeats the person's own turn 1 in nearly the same words"


def test_turns_of_earlier_batches_are_seen_too(ledger: Ledger, path: Path) -> None:
    """By what was stored of them, which is no text."""
    ledger.open_turn(turn(0))
    judged(ledger)
    ledger.open_turn(turn(1))
    judged(ledger)
    assert rows(path, "SELECT novelty FROM judgements ORDER BY turn_id") == [(1,), (OWN_WORDS,)]
    assert rows(path, "SELECT count(text) FROM turns") == [(0,)]
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"suppliers" not in stored


def test_turns_of_two_periods_are_not_compared(ledger: Ledger, path: Path) -> None:
    """Each is signed with the key of the period that it was asked in, whenever it is judged."""
    keys = Keys(Ring.new(week_of(NOW), 1))
    until = datetime.fromisoformat(keys.period(NOW)[1]).timestamp()
    for number, at in enumerate((until - 200, until - 100, until, until + 100)):
        ledger.open_turn(replace(turn(number), at=utc(at)))
        if number != 1:  # the one before the end is judged after it
            drain(ledger, RulesJudge(), keys=keys, once=True, stop=threading.Event())
    assert rows(path, "SELECT novelty, duplicate_of FROM judgements ORDER BY turn_id") == [
        (1, None),
        (OWN_WORDS, 1),
        (1, None),
        (OWN_WORDS, 3),
    ]
    first, second, third, fourth = (signature for (signature,) in rows(path, "SELECT signature FROM signatures"))
    assert first == second != third == fourth


def test_the_judges_embedding_is_used(ledger: Ledger, path: Path) -> None:
    """A judge with an encoder finds repeats in other words."""
    ledger.open_turn(turn(0))
    ledger.open_turn(turn(1, "Which five vendors were late the most over the year, at what price for the firm?"))
    judged(ledger, OneWayJudge())
    assert rows(path, "SELECT novelty FROM judgements ORDER BY turn_id") == [(1,), (OWN_MEANING,)]


def test_what_lies_outside_the_window_is_no_repeat(ledger: Ledger, path: Path) -> None:
    """And its signature is deleted, with nothing else."""
    ledger.open_turn(turn(0, at=-WINDOW.total_seconds() - 60))
    ledger.open_turn(turn(0))
    judged(ledger)
    assert rows(path, "SELECT novelty FROM judgements ORDER BY turn_id") == [(1,), (1,)]
    assert rows(path, "SELECT turn_id FROM signatures") == [(2,)]
    assert rows(path, "SELECT count(*) FROM judgements") == [(2,)]


def test_a_machines_pace_shows_in_attention(ledger: Ledger, path: Path) -> None:
    """Twelve turns, one each half minute."""
    for number in range(12):
        ledger.open_turn(replace(turn(number, f"Question {number * 7919}: name a town"), at=utc(NOW + 30 * number)))
    judged(ledger)
    found = [factor for (factor,) in rows(path, "SELECT attention FROM judgements ORDER BY turn_id")]
    assert found == [1.0] * 9 + [0.3] * 3


def test_a_turn_that_cannot_be_weighed_keeps_its_judgement(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue goes on, and those after it are weighed."""

    def fails(signature: object, said: object) -> None:
        raise ValueError(said)

    ledger.open_turn(turn(0))
    with monkeypatch.context() as patched:
        patched.setattr("classifiers.signatures.Signer._sign_wording", fails)
        judged(ledger)
    ledger.open_turn(turn(1))
    judged(ledger)
    assert rows(path, "SELECT turn_id, novelty, attention FROM judgements") == [(1, 1, 1), (2, 1, 1)]
    assert rows(path, "SELECT turn_id FROM signatures") == [(2,)]


def test_killed_in_between_the_result_is_the_same(tmp_path: Path) -> None:
    """Signatures are stored with their judgements, so a worker that begins anew sees what the killed one saw."""
    found = []
    for name, kills in (("whole", 0), ("killed", 4)):
        path = tmp_path / name / "usage.db"
        with closing(Ledger.open(path)) as ledger, ledger.transaction():
            for number in range(BATCH * 12):
                ledger.open_turn(turn(number, f"{ASK}, group {number % 17}", person=f"p{number % 5}"))
        command = [sys.executable, "-m", "tests.classifiers.asking", str(path)]
        for _ in range(kills):
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
                assert worker.stdout
                assert worker.stdout.readline() == "batch\n"
                worker.kill()
                worker.stdout.read()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        facts = "turn_id, novelty, attention, duplicate_of, reasons"
        found.append(rows(path, f"SELECT {facts} FROM judgements ORDER BY turn_id"))
        found.append(rows(path, "SELECT turn_id, signature FROM signatures ORDER BY turn_id"))
    assert found[:2] == found[2:]
    assert len(found[1]) == BATCH * 12
    assert any(one[1] != 1 for one in found[0])
