"""Asks an agent from the command line, in a home and a folder of its own, with nothing of the machine's settings."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.clients.agents import NOTE, Agent
from tests.clients.formats.answering import ToolCall

PATIENCE = 60  # seconds for one run of an agent
BETWEEN_INTERRUPTS = 5  # seconds
AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ana"), ("EMAIL", "ana@example.com"))
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works with an agent."""

    agent: Agent
    program: Path
    url: str
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def set_up(self) -> None:
        self.home.mkdir()
        self.work.mkdir()
        (self.work / NOTE).write_text("The count of parcels was 41.\n")
        for path, text in self.agent.files.items():
            file = self.home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._placed(text))
        if self.agent.repository:
            for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "Count the parcels")):
                subprocess.run(["git", *arguments], cwd=self.work, env=self.environment() | AUTHOR, check=True)
        if self.agent.begin:
            self._finish(self._start(self.agent.begin))

    def ask(self, text: str, again: bool = False) -> str:
        """Ask, and wait for the end; give what the agent printed."""
        return self._finish(self._begin(text, again))

    def ask_and_interrupt(self, text: str, when: Callable[[], object], again: bool = False) -> None:
        """Ask, and press Ctrl-C as soon as `when` returns, and again while the agent does not end."""
        process = self._begin(text, again)
        try:
            when()
            for _ in range(PATIENCE // BETWEEN_INTERRUPTS):
                os.killpg(process.pid, signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=BETWEEN_INTERRUPTS)
                    return
            raise AssertionError("it did not end when it was interrupted")
        finally:
            _end(process)

    def tool(self) -> ToolCall | str:
        """Give what has the agent go on by itself, for this folder."""
        call = self.agent.tool
        if isinstance(call, str):
            return call
        return ToolCall(
            call.name,
            {key: self._placed(value) if isinstance(value, str) else value for key, value in call.arguments.items()},
        )

    def _begin(self, text: str, again: bool) -> subprocess.Popen[str]:
        return self._start(self.agent.again if again else self.agent.first, text)

    def _start(self, arguments: tuple[str, ...], *text: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.program, *map(self._placed, arguments), *text],
            cwd=self.work,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _finish(self, process: subprocess.Popen[str]) -> str:
        try:
            said, errors = process.communicate(timeout=PATIENCE)
        finally:
            _end(process)
        assert process.returncode == 0, f"it ended with {process.returncode}: {errors[-2000:]} {said[-2000:]}"
        return said

    def environment(self) -> dict[str, str]:
        node = shutil.which("node")
        path = os.pathsep.join([*([str(Path(node).parent)] if node else []), "/usr/bin", "/bin"])
        fixed = {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", "CI": "1"}
        return fixed | {name: self._placed(value) for name, value in self.agent.environment.items()}

    def _placed(self, text: str) -> str:
        for name, value in (("{url}", self.url), ("{home}", str(self.home)), ("{work}", str(self.work))):
            text = text.replace(name, value)
        return text


def end_all(folder: Path) -> None:
    """End the processes that name a folder: a client's daemons outlive it."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            said = (each / "cmdline").read_bytes() + (each / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in said and int(each.name) != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(int(each.name), signal.SIGKILL)


def _end(process: subprocess.Popen[str]) -> None:
    """End what is left of a run."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
