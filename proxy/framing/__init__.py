"""Cuts the plain bytes of a body into parts that are one JSON text each: the whole body, or a stream's events.

Sans-I/O and bounded. Each framing takes bytes as they come and gives the parts that they complete; feeding whole or a
byte at a time gives the same parts. Leaves out content codings (`codings.py`) and what the JSON says.
"""

from collections.abc import Callable, Mapping

from proxy.framing.amazon import AmazonEventStream
from proxy.framing.json_texts import CodedLines, JsonLines, JsonList, WholeBody, read_json
from proxy.framing.parts import BOM, MAX_WHOLE_BYTES, Framing, Part
from proxy.framing.server_sent import EventStream

__all__ = ["MAX_WHOLE_BYTES", "CodedLines", "Framing", "Part", "framing_by_bytes", "framing_by_type", "read_json"]

# Ollama says x-ndjson (ollama@fb3076099, `server/routes.go`), Cohere v1 stream+json; the others are the same thing.
_BY_TYPE: Mapping[str, Callable[[], Framing]] = {
    "text/event-stream": EventStream,
    "application/vnd.amazon.eventstream": AmazonEventStream,
    "application/x-ndjson": JsonLines,
    "application/ndjson": JsonLines,
    "application/jsonl": JsonLines,
    "application/x-jsonlines": JsonLines,
    "application/stream+json": JsonLines,
}


def framing_by_type(content_type: str, streamed: bool) -> Framing | None:
    """Choose by the content type; None where it does not tell. `streamed`: a stream was asked for."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and not streamed:  # what streams may be a list
        return WholeBody()
    return _BY_TYPE[kind]() if kind in _BY_TYPE else None


def framing_by_bytes(begin: bytes, streamed: bool) -> Framing | None:
    """Choose by what has come so far, without leading blanks; None where it is too little to tell.

    `streamed`: a stream was asked for.
    """
    if BOM.startswith(begin):
        return None
    first = begin.removeprefix(BOM)[:1]
    # "<" begins the error page of something in between, which no event can.
    if not streamed or first in (b"{", b"<"):
        return WholeBody()
    return JsonList() if first == b"[" else EventStream()
