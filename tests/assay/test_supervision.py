"""`assay up` keeps its parts running, and none of them outlives it."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.assay.running import Running, alive, child, children, running, wait_until

UP = ("up", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--db", "usage.db")


def parts(up: Running, *names: str) -> dict[str, int]:
    """Wait until these parts run, else all; give their process ids."""
    found: dict[str, int] = {}

    def all_of_them() -> bool:
        wanted = names or ("proxy", "classify", "console")
        found.update({name: pid for name in wanted if (pid := child(up.process.pid, name))})
        return len(found) == len(wanted)

    wait_until(all_of_them)
    return found


@pytest.mark.parametrize(("name", "part"), [("classify", "classifier"), ("proxy", "proxy"), ("console", "console")])
def test_a_part_that_is_killed_comes_back(tmp_path: Path, name: str, part: str) -> None:
    with running(*UP, home=tmp_path) as up:
        up.until("ready")
        before = parts(up)
        os.kill(before[name], signal.SIGKILL)
        up.until(f"the {part} was ended by SIGKILL: it is started again in 0.5 s")
        up.until({"classify": "judges the turns", "proxy": "listens on", "console": "the console is at"}[name])
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
        assert len(left) == 3
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


def test_proxy_and_classifier_run_without_a_console_that_cannot_listen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with running(*UP, home=tmp_path, ASSAY_CONSOLE__LISTEN=address) as up:
            up.until(f"the console cannot listen on {address}")
            up.until("proxy and classifier run without the console")
            up.until("ready")
            os.kill(parts(up, "proxy", "classify")["proxy"], signal.SIGKILL)
            up.until("the proxy was ended by SIGKILL: it is started again")
            up.until("listens on")


def test_a_console_that_anybody_could_read_keeps_the_whole_from_starting(tmp_path: Path) -> None:
    with running(*UP, home=tmp_path, ASSAY_CONSOLE__LISTEN="0.0.0.0:0") as up:
        assert any(line.endswith("or listen on 127.0.0.1") for line in up.rest())
        assert up.process.returncode == 2
