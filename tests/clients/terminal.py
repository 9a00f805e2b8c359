"""Works with an agent in a terminal, as people do: types, presses keys and looks at the screen."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60  # seconds until what is waited for has not come
ROWS_COLUMNS = (40, 120)
ENTER, ESCAPE = b"\r", b"\x1b"
_CONTROL = re.compile(rb"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b.|[\x00-\x20]")


class Terminal:
    """A terminal with an agent in it."""

    def __init__(self, screen: int) -> None:
        self._screen = screen
        self._shown = b""  # all that was ever shown, without spaces and control sequences

    def type(self, text: str) -> None:
        """Type, and wait until it stands on the screen."""
        os.write(self._screen, text.encode())
        wanted = _plain(text.encode())
        before = len(self._shown)
        self.until(lambda: wanted in self._shown[before:])

    def shows(self, text: str) -> bool:
        """Say whether it was ever shown, spaces left out."""
        return _plain(text.encode()) in self._shown

    def press(self, key: bytes) -> None:
        os.write(self._screen, key)

    def ask(self, text: str, asked: Callable[[], object]) -> None:
        """Type, and press Enter until `asked`: who types fast seems to paste, and then Enter is a new line."""
        self.type(text)
        self.until(asked, ENTER)

    def until(self, condition: Callable[[], object], key: bytes = b"") -> None:
        """Wait for a condition, and keep the screen going, a key pressed each second; fail when it does not come."""
        begin = pressed = time.monotonic()
        while not condition():
            now = time.monotonic()
            assert now < begin + PATIENCE, f"it did not come: {self._shown[-600:].decode(errors='replace')}"
            if key and now >= pressed:
                self.press(key)
                pressed = now + 1
            if select.select([self._screen], [], [], 0.05)[0]:
                self._shown += _plain(os.read(self._screen, 1 << 16))


@contextmanager
def terminal(command: Sequence[str | Path], work: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a command in a terminal for a block."""
    screen, theirs = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", *ROWS_COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, cwd=work, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def _plain(shown: bytes) -> bytes:
    return _CONTROL.sub(b"", shown)
