"""Disks that are full, or cannot be written."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.assay.running import assay
from tests.faults.rig import Load, Site, check_answers, check_judged, check_to_the_number, free_port, heard, loaded

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def fill(folder: Path) -> Path:
    """Leave no byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    assert shutil.disk_usage(folder).free == 0
    return filler


def test_a_full_disk_costs_no_answer_and_no_call(disk: Path, upstream: str, tmp_path: Path) -> None:
    """Neither ledger nor spool has room: calls wait in memory until there is some."""
    site = Site(disk, upstream, tmp_path)
    with loaded(site) as (load, proxy, _):
        filler = fill(disk)
        load.more(300)
        assert "is full" in heard(proxy, "Traffic goes on")
        filler.unlink()
        load.more(50)
        load.end()
        proxy.until("the ledger takes calls again")
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)
    assert site.lost() == 0


def test_a_disk_that_is_full_from_the_beginning(disk: Path, upstream: str, tmp_path: Path) -> None:
    """The ledger cannot even be made; its key is there."""
    site = Site(disk, upstream, tmp_path)
    assay("identity", "fingerprint", "--db", site.db, home=tmp_path, text="sk-of-nobody-1234567890\n")
    filler = fill(disk)
    load, port = Load(), free_port()
    with site.proxy(port) as proxy:
        load.begin(port, 4)
        load.more(300)
        filler.unlink()
        load.more(50)
        load.end()
        proxy.until("the ledger takes calls again")
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)


def test_a_disk_that_can_only_be_read_until_it_is_mended(disk: Path, upstream: str, tmp_path: Path) -> None:
    """It was mounted anew, read-only, as systems do after an error."""
    site = Site(disk, upstream, tmp_path)
    with loaded(site) as (before, _, _):
        pass
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    load, port = Load(), free_port()
    load.answered |= before.answered
    load._numbers = before._numbers
    with site.proxy(port) as proxy, site.classifier() as classifier:
        load.begin(port, 4)
        load.more(200)
        heard(proxy, "Traffic goes on")
        heard(classifier, "waits until then")
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        load.more(50)
        load.end()
        proxy.until("the ledger takes calls again")
    check_answers(load)
    site.settle()
    check_to_the_number(site, load)
    check_judged(site)
    assert site.lost() == 0
