"""Errors that a caller tells apart. Each text is one sentence with the fix, and never holds text of a prompt."""

from pathlib import Path


class ModelError(Exception):
    """A model's files are missing, or are not what their digests say."""


class BadLine(Exception):  # noqa: N818 - it names the line, not a kind of failure
    """A line of a JSONL file does not say what it must."""

    def __init__(self, number: int, what: str, path: Path | None = None) -> None:
        super().__init__(f"{f'{path}, ' if path else ''}line {number}: {what}")
        self.number = number
        self.what = what
