"""What every framing gives, how it is used, and what bounds it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

# Anthropic takes requests of up to 32 MB (docs.claude.com, API overview, request size limits, 2025); others less.
MAX_WHOLE_BYTES = 32 << 20
# An event carries a few tokens; the largest that we know repeat the whole answer at its end, some 100,000 tokens.
MAX_EVENT_BYTES = 4 << 20

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Part:
    """One JSON text of an answer. `name` is the event's, "" where it has none."""

    data: bytes = field(repr=False)
    name: str = ""
    failed: bool = False  # the framing itself says that this is an error


class Framing(Protocol):
    """How one body is cut into parts."""

    @property
    def whole(self) -> bool:
        """The framing itself shows that nothing is missing of what came so far."""

    def feed(self, data: bytes) -> Iterator[Part]:
        """Give the parts that these bytes complete. Raises UnreadableExchange."""

    def end(self) -> Iterator[Part]:
        """Give what is left now that no bytes will follow."""
