"""Which exchanges use the assistant, whose it is and which dialect it speaks: by method and path suffix.

Gateways put prefixes before the well-known paths, so only the end of a path counts (wire.md, section 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    assistant: str
    dialect: str


class Routes:
    """A table of path suffixes; the longest that fits wins, and one without a dialect is never a prompt."""

    def __init__(
        self,
        assistants: Sequence[tuple[str, str]],
        paths: Sequence[tuple[str, str | None]],
        sockets: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Take (host suffix, name) pairs, (path suffix, dialect or None) pairs, and such pairs of WebSockets."""
        self._assistants = sorted(assistants, key=lambda pair: -len(pair[0]))
        self._paths: Mapping[str, list[tuple[str, str | None]]] = {
            "POST": sorted(paths, key=lambda pair: -len(pair[0])),
            "WEBSOCKET": sorted(sockets, key=lambda pair: -len(pair[0])),
        }

    def match(self, method: str, host: str, path: str) -> Route | None:
        """Say where an exchange leads, or None where it is no call. The query is ignored."""
        path = path.partition("?")[0].rstrip("/")
        for suffix, dialect in self._paths.get(method, ()):
            if path.endswith(suffix):
                return None if dialect is None else Route(self.assistant(host), dialect)
        return None

    def assistant(self, host: str) -> str:
        """Name the assistant at `host`: the host itself where no name is configured."""
        for suffix, name in self._assistants:
            if host == suffix or host.endswith("." + suffix):
                return name
        return host
