"""Keeps the kernel from writing a process's memory to the disk, where what people asked would stay."""

import ctypes
import resource
import sys
from contextlib import suppress

SET_DUMPABLE = 4  # PR_SET_DUMPABLE, linux/prctl.h


def leave_no_core() -> None:
    """Let no end of this process leave a core file, nor hand one to a program that the system names for it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # the limit does not keep a core from such a program
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(SET_DUMPABLE, 0, 0, 0, 0)
