"""Which exchanges use the assistant, whose it is and which dialect it speaks: by method and path suffix.

Gateways put prefixes before the well-known paths, so only the end of a path counts (wire.md, section 2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# gRPC and Connect post to `/package.Service/Method`, in protobuf.
_RPC = re.compile(r"/\w+(\.\w+)*\.[A-Z]\w*/[A-Z]\w*")


PROTOBUF = "protobuf"  # the dialect of such a call to an assistant whose own paths are not known


@dataclass(frozen=True, slots=True)
class Route:
    assistant: str
    dialect: str


class Routes:
    """A table of path suffixes; the longest that fits wins, and one without a dialect is never a prompt.

    Those of a host, which its subdomains share, come before all others there.
    """

    def __init__(
        self,
        assistants: Sequence[tuple[str, str]],
        paths: Sequence[tuple[str, str | None]],
        hosted: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Take (host suffix, name), (path suffix, dialect or None) and (host suffix, path suffix, dialect)."""
        self._assistants = sorted(assistants, key=lambda pair: -len(pair[0]))
        self._paths = sorted(paths, key=lambda pair: -len(pair[0]))
        self._hosted = sorted(hosted, key=lambda route: (-len(route[0]), -len(route[1])))

    def match(self, method: str, host: str, path: str) -> Route | None:
        """Say where an exchange leads, or None where it is no call. The query is ignored."""
        if method != "POST":
            return None
        dialect = self._dialect(host, path.partition("?")[0].rstrip("/"))
        return None if dialect is None else Route(self.assistant(host), dialect)

    def assistant(self, host: str) -> str:
        """Name the assistant at `host`: the host itself where no name is configured."""
        return self._known(host) or host

    def _dialect(self, host: str, path: str) -> str | None:
        own = [(suffix, dialect) for within, suffix, dialect in self._hosted if _within(host, within)]
        for suffix, dialect in (*own, *self._paths):
            if path.endswith(suffix):
                return dialect
        return PROTOBUF if not own and _RPC.fullmatch(path) and self._known(host) else None

    def _known(self, host: str) -> str | None:
        return next((name for suffix, name in self._assistants if _within(host, suffix)), None)


def _within(host: str, suffix: str) -> bool:
    return host == suffix or host.endswith("." + suffix)
