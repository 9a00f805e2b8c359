"""`assay up` keeps its parts running, and none of them outlives it."""

import os
import signal
from pathlib import Path

import pytest

from tests.assay.running import Running, alive, child, children, running, wait_until

UP = ("up", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")


def parts(up: Running) -> dict[str, int]:
    """Wait until both parts run; give their process ids."""
    found: dict[str, int] = {}

    def both() -> bool:
        found.update({name: pid for name in ("proxy", "classify") if (pid := child(up.process.pid, name))})
        return len(found) == 2

    wait_until(both)
    return found


@pytest.mark.parametrize(("name", "part"), [("classify", "classifier"), ("proxy", "proxy")])
def test_a_part_that_is_killed_comes_back(tmp_path: Path, name: str, part: str) -> None:
    with running(*UP, home=tmp_path) as up:
        up.until("ready")
        before = parts(up)
        os.kill(before[name], signal.SIGKILL)
        up.until(f"the {part} was ended by SIGKILL: it is started again in 0.5 s")
        up.until({"classify": "judges the turns", "proxy": "listens on"}[name])
        after = parts(up)
        assert after[name] != before[name]
        assert {other: pid for other, pid in after.items() if other != name} == {
            other: pid for other, pid in before.items() if other != name
        }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_part_outlives_the_whole(tmp_path: Path, number: signal.Signals) -> None:
    with running(*UP, home=tmp_path) as up:
        up.until("ready")
        left = [process.pid for process in children(up.process.pid)]
        assert len(left) == 2
        up.process.send_signal(number)
        up.process.wait()
        wait_until(lambda: not any(map(alive, left)))
        assert up.process.returncode == (-number if number is signal.SIGKILL else 0)


def test_a_folder_that_has_a_name_of_ours_is_not_taken_for_ours(tmp_path: Path) -> None:
    for name in ("config", "ledger", "proxy", "classifiers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('taken for ours')", encoding="utf-8")
    with running(*UP, home=tmp_path) as up:
        up.until("ready")


def test_a_part_that_never_became_ready_ends_the_whole_with_its_code(tmp_path: Path) -> None:
    with running("up", "--upstream", "http://127.0.0.1:9", "--db", ".", home=tmp_path) as up:
        said = up.rest()
    assert up.process.returncode == 1
    assert len(said) == 1
    assert "is a folder" in said[0]
