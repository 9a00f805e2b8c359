"""How the command line says what went wrong: one sentence with the fix, never a traceback, never text of a prompt."""

import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent
FAILED, MISUSED = 1, 2


class Failure(Exception):  # noqa: N818 - it ends a command, and is no one's error to handle
    """Ends a command with one sentence and an exit code: 1 it failed, 2 it was asked wrongly."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """Write a line to standard error, where it does not mix with results."""
    print(f"assay: {sentence}", file=sys.stderr, flush=True)


def bug(error: BaseException) -> str:
    """Name a bug of ours by its kind and place. Its own words are left out: they may quote a prompt."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    frame = next((frame for frame in reversed(ours) if ".venv" not in frame.filename), None)
    place = f" at {Path(frame.filename).relative_to(ROOT)}:{frame.lineno}" if frame else ""
    return f"this is a bug in Assay ({type(error).__name__}{place}): please report it with this line"


def speak_plainly() -> None:
    """Give log records, threads and the interpreter the same manners. For the commands that stay up."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("assay: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    threading.excepthook = lambda fault: say(bug(fault.exc_value)) if fault.exc_value else None
    sys.excepthook = _excepthook
    sys.unraisablehook = lambda fault: say(bug(fault.exc_value)) if fault.exc_value else None


def _excepthook(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    say(bug(error))


class _Plain(logging.Formatter):
    """Writes records without their tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        if not record.exc_info or record.exc_info[1] is None:
            return super().format(record)
        return f"assay: {bug(record.exc_info[1])}"  # the record's own words may quote what failed
