"""A fleet on one database, killed at random: each turn is judged exactly once."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from classifiers.worker import LOST
from ledger.address import Address
from ledger.store import Ledger
from tests.assay.running import environment
from tests.ledger.server import Server
from tests.ledger.straight import rows

TURNS = int(os.environ.get("FLEET_TURNS", "100000"))
WRITERS, CLASSIFIERS = 3, 4
PATIENCE = 2400  # seconds
PAUSE = (2.0, 6.0)  # seconds between two kills
# What the server's log says of a client that is gone in the middle of its work.
TORN = ("with an open transaction", "connection to client lost")


class Fleet:
    """Processes that are begun again as often as they are killed, until they end by themselves."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self._environment = environment(home)
        self._home = home
        self._chance = chance
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, list[str]] = {}
        self.done: set[str] = set()
        self.kills = 0

    def begin(self, name: str, *command: str) -> None:
        self._commands[name] = [sys.executable, *command]
        self._start(name)

    def look(self) -> None:
        """Take note of who has ended."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                assert process.returncode == 0, f"{name} failed: {(self._home / name).read_text()}"
                self.done.add(name)
                del self._running[name]

    def kill_one(self) -> None:
        """Kill -9 one of those that run, and begin it again."""
        if self._running:
            name = self._chance.choice(sorted(self._running))
            self._running[name].kill()
            self._running.pop(name).wait()
            self.kills += 1
            self._start(name)

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    def _start(self, name: str) -> None:
        with (self._home / name).open("wb") as said:
            self._running[name] = subprocess.Popen(
                self._commands[name], cwd=self._home, env=self._environment, stdout=said, stderr=said
            )


@contextmanager
def fleet(home: Path, chance: random.Random) -> Iterator[Fleet]:
    running = Fleet(home, chance)
    try:
        yield running
    finally:
        running.end()


def count(database: Address, what: str) -> int:
    return int(rows(database, f"SELECT count(*) FROM {what}")[0][0])


@pytest.mark.fleet
@pytest.mark.timeout(PATIENCE + 60)
def test_each_turn_is_judged_exactly_once(
    server: Server,
    database: Address,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three writers and four classifiers, as real processes. Rules judge, as turns are claimed alike whoever judges."""
    monkeypatch.setenv("HOME", str(tmp_path))
    Ledger.open(database).close()
    chance = random.Random(7)
    begin, next_kill = time.monotonic(), time.monotonic() + PAUSE[1]
    shares = [TURNS // WRITERS + (number < TURNS % WRITERS) for number in range(WRITERS)]
    writers = {f"writer-{number}" for number in range(WRITERS)}
    with fleet(tmp_path, chance) as running:
        for number, share in enumerate(shares):
            running.begin(f"writer-{number}", "-m", "tests.fleet.writing", database.url, str(number), str(share))
        for number in range(CLASSIFIERS):
            options = ("classify", "--db", database.url, "--backend", "rules")
            running.begin(f"classifier-{number}", "-P", "-m", "assay", *options)
        while not writers <= running.done or count(database, "turns WHERE text IS NOT NULL"):
            assert time.monotonic() - begin < PATIENCE
            running.look()
            if time.monotonic() > next_kill:
                running.kill_one()
                next_kill = time.monotonic() + chance.uniform(*PAUSE)
            time.sleep(0.2)
        seconds = time.monotonic() - begin
    turns, asks = rows(database, "SELECT count(*), count(DISTINCT ask) FROM turns")[0]
    judgements, judged = rows(database, "SELECT count(*), count(DISTINCT turn_id) FROM judgements")[0]
    unread = count(database, f"judgements WHERE reasons LIKE '%{LOST}%'")
    log = (server.folder / "log").read_text()
    torn = sum(log.count(words) for words in TORN)
    missing = count(database, "turns AS t WHERE NOT EXISTS (SELECT 1 FROM judgements AS j WHERE j.turn_id = t.id)")
    with capsys.disabled():
        print(
            f"\n{turns:,} turns by {WRITERS} writers, {judgements:,} judgements by {CLASSIFIERS} classifiers:"
            f" {TURNS - asks} lost, {turns - asks} doubled, {missing} unjudged, {judgements - judged} judged twice,"
            f" {unread} unread; {running.kills} times kill -9, {torn} in mid-transaction; {seconds:.0f} s"
        )
    assert (turns, asks) == (TURNS, TURNS)
    assert (judgements, judged, missing, unread) == (TURNS, TURNS, 0, 0)
    assert count(database, "calls") == TURNS
    assert running.kills >= torn > 0
