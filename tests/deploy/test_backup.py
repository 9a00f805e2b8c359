"""A ledger is backed up in use, and restored, by the commands of docs/deploy.md."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.keys import Keys
from ledger.store import Ledger
from tests.assay.running import assay, environment
from tests.deploy.documents import block
from tests.ledger.facts import turn


def shell(home: Path, script: str) -> None:
    """Run a block in a folder, with the `python` that runs us."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    given = environment(home, PATH=path)
    done = subprocess.run(["sh", "-euc", script], cwd=home, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def by_sqlite3(home: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 here")
    shell(home, block("backup"))


def by_python(home: Path) -> None:
    """As in a container: the same, with Python in place of the shell."""
    lines = block("backup").splitlines()
    assert [line for line in lines if line.startswith("sqlite3 ")]
    shell(
        home,
        "\n".join(block("backup-container").strip() if line.startswith("sqlite3 ") else line for line in lines),
    )


def audit(home: Path, *arguments: str) -> None:
    done = assay("audit-access", *arguments, "--db", "usage.db", home=home)
    assert done.returncode == 0, done.stderr


def turns(path: Path) -> int:
    with closing(Ledger.read(path)) as ledger:
        return ledger.waiting().turns


@pytest.mark.parametrize("back_up", [by_sqlite3, by_python])
def test_a_backup_made_in_use_is_whole_and_can_be_restored(tmp_path: Path, back_up: Callable[[Path], None]) -> None:
    path = tmp_path / "usage.db"
    with closing(Ledger.open(path)) as ledger:
        ledger.open_turn(turn())
        person = Keys.load_or_create(tmp_path / "usage.db.key").persons("ana")
        audit(tmp_path, "turns", "--person", "ana", "--reason", "she asked")
        ledger.open_turn(turn())  # in the write-ahead log alone
        back_up(tmp_path)
        ledger.open_turn(turn())
        audit(tmp_path, "turns", "--person", "ana", "--reason", "she asked again")
    assert turns(path) == 3
    kept = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "backup").iterdir()}
    assert kept == {"usage.db": 0o600, "usage.db.key": 0o600, "usage.db.audit": 0o600}
    (tmp_path / "usage.db.key").unlink()
    shell(tmp_path, block("restore"))
    assert turns(path) == 2
    assert Keys.load_or_create(tmp_path / "usage.db.key").persons("ana") == person
    audit(tmp_path, "verify")
