"""Which exchanges use the assistant, whose it is and which dialect it speaks: by method and path, then by the body.

Gateways put prefixes before the well-known paths, so only the end of a path counts. A `*` stands
for some of one step of a path, or for one label of a host. Where several dialects share a path, or a prompt shares it
with something else, a field that the body must have stands behind it: `/api/chat messages.0.parts`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from proxy.dialects.table import Path, at

# gRPC and Connect post to `/package.Service/Method`, in protobuf.
_RPC = re.compile(r"/\w+(\.\w+)*\.[A-Z]\w*/[A-Z]\w*")


WEBSOCKET = "WEBSOCKET"  # the method of what is asked over one
PROTOBUF = "protobuf"  # the dialect of such a call to an assistant whose own paths are not known


@dataclass(frozen=True, slots=True)
class Route:
    assistant: str
    dialect: str
    field: Path = ()  # of the body: it is this dialect's only where it has this
    otherwise: "Route | None" = None

    def confirmed(self, body: Mapping[str, Any]) -> "Route | None":
        """Give the first of the routes that the body fits; None: it is no prompt."""
        if at(body, self.field) is not None:
            return self
        return self.otherwise.confirmed(body) if self.otherwise else None

    @property
    def unconfirmed(self) -> "Route":
        """The route for a body that can't be read: the one that asks nothing of it, or else the last."""
        return self.otherwise.unconfirmed if self.field and self.otherwise else self


class Routes:
    """A table of path suffixes; the longest that fits wins, and one without a dialect is never a prompt.

    Those of a host, which its subdomains share, come before all others there. A suffix may stand there more than once,
    each time with another field; the body decides, and where several of them fit, their order.
    """

    def __init__(
        self,
        assistants: Sequence[tuple[str, str]],
        paths: Sequence[tuple[str, str | None]],
        hosted: Sequence[tuple[str, str, str]] = (),
        sockets: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Take (host suffix, name), (path suffix, dialect or None) and (host suffix, path suffix, dialect), and of
        WebSockets (path suffix, dialect).
        """
        self._assistants = sorted(assistants, key=lambda pair: -len(pair[0]))
        self._paths = sorted(paths, key=lambda pair: -len(_path(pair[0])))
        self._hosted = sorted(hosted, key=lambda route: (-len(route[0]), -len(_path(route[1]))))
        self._sockets = sorted(sockets, key=lambda pair: -len(pair[0]))

    def match(self, method: str, host: str, path: str) -> Route | None:
        """Say where an exchange leads, as far as its path tells, or None where it is no call. The query is ignored."""
        path = path.partition("?")[0].rstrip("/")
        route: Route | None = None
        if method == WEBSOCKET:
            found = next((dialect for suffix, dialect in self._sockets if path.endswith(suffix)), None)
            return Route(self.assistant(host), found) if found else None
        if method != "POST":
            return None
        for suffix, dialect in reversed(list(self._fitting(host, path))):
            route = Route(self.assistant(host), dialect, _field(suffix), route) if dialect else None
        return route

    def assistant(self, host: str) -> str:
        """Name the assistant at `host`: the host itself where no name is configured."""
        return self._known(host) or host

    def _fitting(self, host: str, path: str) -> Iterator[tuple[str, str | None]]:
        own = [(suffix, dialect) for within, suffix, dialect in self._hosted if _within(host, within)]
        longest = None
        for suffix, dialect in (*own, *self._paths):
            if longest in (None, _path(suffix)) and _ends(path, _path(suffix)):
                longest = _path(suffix)
                yield suffix, dialect
        if longest is None and not own and _RPC.fullmatch(path) and self._known(host):
            yield "", PROTOBUF

    def _known(self, host: str) -> str | None:
        return next((name for suffix, name in self._assistants if _within(host, suffix)), None)


def _path(suffix: str) -> str:
    return suffix.partition(" ")[0]


def _field(suffix: str) -> Path:
    steps = suffix.partition(" ")[2].split(".") if " " in suffix else []
    return tuple(int(step) if step.isdigit() else step for step in steps)


def _ends(path: str, suffix: str) -> bool:
    if suffix == "/":
        return path == ""
    return bool(_pattern(suffix, "/").search(path)) if "*" in suffix else path.endswith(suffix)


def _within(host: str, suffix: str) -> bool:
    if "*" in suffix:
        return bool(_pattern(suffix, ".").search("." + host))
    return host == suffix or host.endswith("." + suffix)


@cache
def _pattern(suffix: str, between: str) -> re.Pattern[str]:
    """Make a pattern of a suffix with `*`, which never stands for what is `between` its parts."""
    parts = f"[^{between}]*".join(map(re.escape, suffix.split("*")))
    return re.compile(rf"{'' if suffix.startswith(between) else re.escape(between)}{parts}\Z")
