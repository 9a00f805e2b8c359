"""Starts commands with every logger at its most talkative, and keeps all that they write in their home."""

import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.assay.running import PATIENCE, ROOT, environment, wait_until

# There is no setting for it, so it is forced on: whatever sets a level later sets this one.
SITE = """
import logging
logging.Logger.setLevel = lambda self, level: None
logging.root.level = logging.Logger.manager.root.level = 1
logging.disable = lambda *_: None
logging._defaultFormatter = logging.Formatter("%(name)s %(message)s")
"""


@contextmanager
def debugging(
    name: str,
    *arguments: str | Path,
    home: Path,
    file_bytes: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a command up for a block: what it says is in `NAME.out` and `NAME.err`, and cores may be written.

    `file_bytes`: how long a file may get, as on a disk that is full.
    """
    (site := home.parent / "site").mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(SITE)
    (home / "tmp").mkdir(exist_ok=True)
    talkative = {"PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1", "TMPDIR": str(home / "tmp")}
    with (home / f"{name}.out").open("wb") as out, (home / f"{name}.err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "assay", *map(str, arguments)],
            cwd=home,
            env=environment(home) | talkative | {"PYTHONPATH": f"{site}:{ROOT}"} | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=lambda: _limit(file_bytes),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()


def _limit(file_bytes: int | None) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))


def said(home: Path, name: str, part: str) -> str:
    """Wait for a line with `part`."""
    file = home / f"{name}.err"
    wait_until(lambda: part in file.read_text(errors="replace"))
    return next(line for line in file.read_text(errors="replace").splitlines() if part in line)
