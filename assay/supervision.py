"""Keeps the parts of Assay running as processes of their own, and ends them all together.

A part that ends is started again, after a longer pause each time. One that never became ready is not: it has said why,
and trying again would not help. See `lifeline.py` for how the parts end with us whatever happens.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from assay.failure import FAILED, MISUSED, say
from assay.lifeline import GRACE_SECONDS

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a part is started again; doubled each time
STEADY_SECONDS = 60.0  # a part that ran so long has recovered: its next pause is the first again


@dataclass(frozen=True, slots=True)
class Part:
    """A process to keep: `module` with `arguments`, as `python -m` runs it."""

    name: str  # for people, as "proxy"
    module: str
    arguments: tuple[str, ...] = ()


class NotStarted(Exception):  # noqa: N818 - the part has said what the error is
    """A part ended before it was ready. It has said why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Supervisor:
    """Starts parts and keeps them, until its `async with` block ends."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keeping: list[asyncio.Task[None]] = []

    async def start(self, part: Part) -> str:
        """Start a part and keep it; give the address that it announces when it is ready. Raises NotStarted."""
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        keeping = asyncio.create_task(self._keep(part, ready))
        self._keeping.append(keeping)
        either: set[asyncio.Future[Any]] = {keeping, ready}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await keeping  # raises
        return ready.result()

    async def start_if_possible(self, part: Part) -> str | None:
        """Start a part that the others can do without. None: it ended before it was ready, and has said why.

        Raises NotStarted where it was asked wrongly: whoever has set it up wants to know.
        """
        try:
            return await self.start(part)
        except NotStarted as error:
            if error.code == MISUSED:
                raise
            self._keeping = [keeping for keeping in self._keeping if not keeping.done()]  # it is not watched
            return None

    async def watch(self) -> None:
        """Wait for ever, or raise NotStarted when a part cannot be kept any longer."""
        await asyncio.gather(*self._keeping)

    async def __aenter__(self) -> "Supervisor":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeping in self._keeping:
            keeping.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await asyncio.gather(*map(_end, self._processes.values()))

    async def _keep(self, part: Part, ready: asyncio.Future[str]) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            process = await self._spawn(part)
            assert process.stdout is not None
            if (line := await process.stdout.readline()) and not ready.done():
                ready.set_result(line.decode().strip())
            code = await process.wait()
            if not ready.done() or code == MISUSED:
                raise NotStarted(_said(part, code))
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            say(f"the {part.name} {_how(code)}: it is started again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _spawn(self, part: Part) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a folder named config, where we happen to run, is not ours
            "-m",
            part.module,
            *part.arguments,
            "--supervised",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=dict(self._environment),
            process_group=0,  # Ctrl-C reaches us alone, and we end the parts in good order
        )
        self._processes[part.name] = process
        return process


def _said(part: Part, code: int) -> int:
    """Turn how a part ended into our exit code. By a signal, it had no chance to say why itself."""
    if code >= 0:
        return code or FAILED
    say(f"the {part.name} {_how(code)} before it was ready")
    return FAILED


def _how(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
