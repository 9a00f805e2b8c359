"""The named queries: of `queries.sql`, which the console shows and admins run, and of `operators.sql`, which need the
ledger's own file.

A query begins with a line `-- name: NAME`, then `-- title:` and `-- about:` (as many lines as it takes).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HEAD = re.compile(r"^-- name: (?P<name>\w+)\n-- title: (?P<title>.+)\n(?P<about>(?:-- .*\n)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    name: str
    title: str
    about: str
    sql: str  # one SELECT, without its semicolon

    @property
    def parameters(self) -> tuple[str, ...]:
        """Name what a reader fills in, in order of appearance."""
        return tuple(dict.fromkeys(re.findall(r"(?<!:):(\w+)", self.sql)))


@cache
def queries(file: str = "queries.sql") -> Mapping[str, Query]:
    """Give every query of a file by its name, in the file's order."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return {
        head["name"]: Query(
            head["name"],
            head["title"],
            " ".join(line.removeprefix("-- ").removeprefix("about: ") for line in head["about"].splitlines()),
            text[head.end() : end].strip().rstrip(";"),
        )
        for head, end in zip(heads, ends, strict=True)
    }
