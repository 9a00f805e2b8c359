"""Reads routes.toml: where assistants are, and which paths use them. Gives plain tuples, for proxy/routes.py."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROUTES_TOML = Path(__file__).with_name("routes.toml")


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The file's content."""

    assistants: tuple[tuple[str, str], ...]  # (host suffix, name)
    paths: tuple[tuple[str, str | None], ...]  # (path suffix, dialect; None: never a prompt)
    hosted: tuple[tuple[str, str, str], ...]  # (host suffix, path suffix, dialect)
    sockets: tuple[tuple[str, str], ...]  # (path suffix of a WebSocket, dialect)


def load_routes(file: Path = ROUTES_TOML) -> RouteTable:
    """Read the table. Raises ValueError for one that is not written as ours is: it ships with Assay."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    if content.keys() != {"assistants", "paths", "sockets", "never", "hosts"}:
        raise ValueError(f"{file} must have the tables assistants, paths, sockets, never and hosts")
    paths: list[tuple[str, str | None]] = [
        (path, dialect) for dialect, suffixes in content["paths"].items() for path in suffixes
    ]
    paths += [(path, None) for path in content["never"]["paths"]]
    hosted = [
        (host, path, dialect)
        for host, dialects in content["hosts"].items()
        for dialect, suffixes in dialects.items()
        for path in suffixes
    ]
    sockets = [(path, dialect) for dialect, suffixes in content["sockets"].items() for path in suffixes]
    suffixes = [*(path for path, _ in [*paths, *sockets]), *(path for _, path, _ in hosted)]
    if odd := [path for path in suffixes if path[:1] != "/"]:
        raise ValueError(f"{file}: the path {odd[0]} must begin with a slash")
    return RouteTable(tuple(content["assistants"].items()), tuple(paths), tuple(hosted), tuple(sockets))
