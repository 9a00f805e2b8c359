"""Runs the real command line in processes of their own, and watches them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60  # seconds until a test that waits for a condition has failed


def environment(home: Path, **more: str) -> dict[str, str]:
    """Give an environment without settings of the machine's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "ASSAY_CONSOLE__LISTEN": "127.0.0.1:0"} | more


def assay(*arguments: str | Path, home: Path, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in the folder `home`."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "assay", *map(str, arguments)],
        cwd=home,
        env=environment(home, **more),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Running:
    """A command that stays up, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: Queue[str] = Queue()
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    def until(self, part: str) -> str:
        """Wait for a line with `part`."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"never said {part!r}, but {self.said}") from None
            self.said.append(line)
            if part in line:
                return line

    def rest(self) -> list[str]:
        """Wait for its end; give all that it has said."""
        self.process.wait(PATIENCE)
        wait_until(lambda: not self._reading.is_alive())
        while not self._lines.empty():
            self.said.append(self._lines.get())
        return self.said

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._lines.put(line.rstrip())


@contextmanager
def running(*arguments: str | Path, home: Path, python: tuple[str, ...] = (), **more: str) -> Iterator[Running]:
    """Keep a command up for a block, and end it with the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", *python, "-m", "assay", *map(str, arguments)],
        cwd=home,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    up = Running(process)
    try:
        yield up
    finally:
        process.terminate()
        try:
            up.rest()
        finally:
            process.kill()


@dataclass(frozen=True)
class Process:
    pid: int
    arguments: str


def children(parent: int) -> list[Process]:
    """List the running children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            arguments = (folder / "cmdline").read_text().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(ppid) == parent and state != "Z":
            found.append(Process(int(folder.name), arguments))
    return found


def child(parent: int, name: str) -> int | None:
    """Give the process id of the child that runs this command."""
    return next((process.pid for process in children(parent) if f" {name} " in process.arguments), None)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition; fail when it does not come."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition did not come"
        time.sleep(0.02)
