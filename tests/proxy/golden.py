"""The golden cases: bodies written by hand after what real clients and assistants send, and what Assay reads in them.

A case is a file in `tests/golden/<dialect>/requests` or `answers`. `body` is an object, or a stream's lines, or the
messages of Amazon's event stream: `{"event": NAME, "says": OBJECT}`, where `exception` may stand for `event`, and
`{"chunk": OBJECT}` for one that InvokeModel wraps. `path` and `headers` are given where they matter. An outcome leaves
out what is as by default.
`python -m tests.proxy.golden` writes each case's `outcome`; review the diff.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from proxy.dialects import DIALECTS
from proxy.dialects.table import Dialect
from proxy.exchange import UnreadableExchange
from proxy.interpreter import read_answer, read_request
from tests.proxy.amazon import event, exception

FOLDER = Path(__file__).parent.parent / "golden"


@dataclass(frozen=True)
class Case:
    path: Path
    content: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.dialect.name} {self.path.stem}"

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.path.parent.parent.name]

    @property
    def body(self) -> bytes:
        body = self.content["body"]
        if self.of_messages:
            return b"".join(map(framed, body))
        return ("\n".join(body) if isinstance(body, list) else json.dumps(body)).encode()

    @property
    def of_messages(self) -> bool:
        body = self.content["body"]
        return isinstance(body, list) and isinstance(body[0], dict)

    @property
    def content_type(self) -> str:
        if self.of_messages:
            return "application/vnd.amazon.eventstream"
        return "text/event-stream" if isinstance(self.content["body"], list) else "application/json"

    def outcome(
        self, coding: str = "identity", pieces: Iterable[bytes] | None = None, dialect: Dialect | None = None
    ) -> object:
        """Say what Assay reads, as JSON would hold it. `pieces`: the body as sent, in that coding."""
        dialect = dialect or self.dialect
        headers = {"content-type": self.content_type, **self.content.get("headers", {}), "content-encoding": coding}
        path = self.content.get("path", "")
        pieces = (self.body,) if pieces is None else pieces
        try:
            if self.path.parent.name == "requests":
                read: Any = read_request(dialect, path, headers, b"".join(pieces))
            else:
                reader = read_answer(dialect, headers, streamed=isinstance(self.content["body"], list))
                for piece in pieces:
                    reader.feed(piece)
                read = reader.end()
        except UnreadableExchange as fault:
            return f"unreadable: {fault}"
        return json.loads(json.dumps(told(read)))


def framed(said: dict[str, Any]) -> bytes:
    """Frame one message of a case."""
    if "chunk" in said:
        wrapped = base64.b64encode(json.dumps(said["chunk"]).encode()).decode()
        return event("chunk", json.dumps({"bytes": wrapped, "p": "abcdef"}).encode())
    payload = json.dumps(said["says"]).encode()
    return event(said["event"], payload) if "event" in said else exception(said["exception"], payload)


def told(record: Any) -> Any:
    """Write a record as JSON would hold it, without the fields that are as by default."""
    if isinstance(record, tuple):
        return [told(each) for each in record]
    if not is_dataclass(record):
        return record
    kept = ((each, getattr(record, each.name)) for each in fields(record))
    return {each.name: told(value) for each, value in kept if value != each.default}


def cases(kind: str) -> list[Case]:
    """Give all cases of a kind: `requests` or `answers`."""
    paths = sorted(FOLDER.glob(f"*/{kind}/*.json"))
    return [Case(path, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def refresh() -> None:
    for case in cases("requests") + cases("answers"):
        content = {**case.content, "outcome": case.outcome()}
        case.path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    refresh()
