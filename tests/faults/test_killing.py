"""Processes that are killed, or stopped for a while, at random instants under load."""

import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from tests.assay.running import Running
from tests.faults.rig import Load, Site, check_answers, check_judged, check_to_the_number, free_port, loaded

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

KILLS_OF_A_PROXY, KILLS_OF_THE_CLASSIFIER = 70, 60
STOPS = 20


def kill_again_and_again(
    start: Callable[[], AbstractContextManager[Running]], times: int, chance: random.Random
) -> None:
    """Start a process, and kill it within half a second of its being ready."""
    for _ in range(times):
        with start() as up:
            threading.Event().wait(chance.random() / 2)
            up.process.kill()
            up.process.wait()


def test_two_hundred_kills_lose_and_double_nothing(site: Site) -> None:
    """Two proxies and a classifier on one ledger. Whoever has an answer has a row."""
    load, ports = Load(), (free_port(), free_port())
    starts = [
        *((partial(site.proxy, port), KILLS_OF_A_PROXY) for port in ports),
        (site.classifier, KILLS_OF_THE_CLASSIFIER),
    ]
    killers = [
        threading.Thread(target=kill_again_and_again, args=(start, times, random.Random(seed)))
        for seed, (start, times) in enumerate(starts)
    ]
    for port in ports:
        load.begin(port, 2)
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.join()
    load.end()
    site.settle()
    calls = site.calls()
    print(f"{2 * KILLS_OF_A_PROXY + KILLS_OF_THE_CLASSIFIER} kills: {len(load.answered)} answered, {len(calls)} calls")
    assert load.wrong == []
    assert len(load.answered) > 2 * KILLS_OF_A_PROXY  # how many more is the speed of the machine
    assert load.answered - set(calls) == set()
    assert [model for model, times in calls.items() if times > 1] == []
    assert site.lost() == 0
    check_judged(site)


def test_processes_that_stop_for_a_while(site: Site) -> None:
    """The classifier may hold the ledger's lock meanwhile: the proxy does not wait for it."""
    chance = random.Random(3)
    with loaded(site) as (load, proxy, classifier):
        for _ in range(STOPS):
            for process in (classifier.process, proxy.process):
                threading.Event().wait(chance.random() / 5)
                os.kill(process.pid, signal.SIGSTOP)
                if process is classifier.process:
                    load.more(20)
                else:
                    threading.Event().wait(chance.random() / 5)
                os.kill(process.pid, signal.SIGCONT)
                load.more(5)
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)
    assert site.lost() == 0
