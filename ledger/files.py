"""Files and folders that their owner alone can read."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def make_private(path: Path) -> None:
    """Make an empty file with mode 0600, and the folders it needs with 0700; take others' rights on one that exists.

    SQLite gives its -wal and -shm files the mode of their database. Raises OSError.
    """
    make_folder(path.parent)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        with suppress(FileNotFoundError):
            if is_open_to_others(file):
                file.chmod(FILE_MODE)


def write_private(path: Path, content: bytes) -> None:
    """Write a file with mode 0600 whole and onto the disk, or leave the old one as it was. Raises OSError."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or a power cut takes the name along
    finally:
        os.close(folder)


def make_folder(folder: Path) -> None:
    """Make a folder with mode 0700, and those above it that are missing. One that exists is left as it is."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)


def open_to_others(ledger: Path) -> list[Path]:
    """List what belongs to a ledger, its folder first, on which others have a right. Nothing is changed.

    Raises OSError where it cannot be looked at.
    """
    folder = ledger.parent
    if not folder.is_dir():
        return []
    ours = sorted(path for path in folder.iterdir() if path.name.lstrip(".").startswith(ledger.name) and path.is_file())
    return [path for path in (folder, *ours) if is_open_to_others(path)]


def is_open_to_others(path: Path) -> bool:
    """Tell whether group or others have any right on it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
