"""Files of the ledger that are deleted, cut or bent while proxy and classifier have them open."""

import random
from pathlib import Path

import pytest

from tests.assay.running import assay
from tests.faults.rig import Site, Spoil, check_answers, check_judged, loaded

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def delete(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def empty(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(0)


def flip_bits(file: Path) -> None:
    chance = random.Random(5)
    with file.open("r+b") as opened:
        for _ in range(60):
            opened.seek(chance.randrange(file.stat().st_size))
            (byte,) = opened.read(1)
            opened.seek(-1, 1)
            opened.write(bytes([byte ^ 1 << chance.randrange(8)]))


# The log's index is mapped into memory by SQLite: whoever cuts it short kills all who have it open.
@pytest.mark.parametrize(
    ("ending", "spoil"),
    [
        *(("", spoil) for spoil in (delete, cut, empty, flip_bits)),
        *(("-wal", spoil) for spoil in (delete, cut, empty, flip_bits)),
        *(("-shm", spoil) for spoil in (delete, flip_bits)),
    ],
)
def test_what_comes_after_the_damage_is_logged(site: Site, ending: str, spoil: Spoil) -> None:
    """Every answer is right, and every call is in the ledger once it is mended, or counted as lost."""
    with loaded(site) as (load, _, _):
        spoil(site.db.with_name(site.db.name + ending))
        before = set(load.asked)
        load.more(200)
        repaired = assay("ledger", "repair", "--db", site.db, home=site.home)
        until_mended = set(load.asked)  # whose judgements may have stood on damaged pages
        load.more(50)
    check_answers(load)
    assert repaired.returncode in (0, 1), repaired.stderr
    mended = assay("ledger", "repair", "--db", site.db, home=site.home)
    assert mended.returncode == 0, mended.stderr
    site.settle()
    calls = site.calls()
    missing = load.answered - before - set(calls)
    gone = before - set(calls)
    print(
        f"{spoil.__name__} usage.db{ending}: {len(before)} calls before, {len(gone)} gone, {len(missing)} after;"
        f" {site.lost()} counted as lost"
    )
    bent = before if spoil is flip_bits else set()  # a flipped bit may make another name of a call's
    assert [model for model, times in calls.items() if times > 1 and model not in bent] == []
    assert calls.total() + site.lost() == len(load.answered)
    check_judged(site, until_mended)


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_deleted_log_or_index_loses_nothing(site: Site, ending: str) -> None:
    """What stood in them is in the database before anything else is written."""
    with loaded(site) as (load, _, _):
        for _ in range(5):
            site.db.with_name(site.db.name + ending).unlink(missing_ok=True)
            load.more(50)
    check_answers(load)
    site.settle()
    assert load.answered - set(site.calls()) == set()
    check_judged(site)
