"""What an answer says, before it is written in a format."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
WORDS = "I am a stand-in: these words are the same, whatever you ask."


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool that the client offers."""

    name: str
    arguments: Body
    namespace: str = ""  # of OpenAI's responses


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: words, or one call of a tool. The same request gets the same one, to the byte."""

    id: str
    model: str
    text: str
    call: ToolCall | None
    input_tokens: int
    output_tokens: int

    def pieces(self) -> list[str]:
        """Cut the text as a stream does."""
        words = self.text.split(" ")
        return [word if index == 0 else f" {word}" for index, word in enumerate(words)]


@dataclass(frozen=True, slots=True)
class Written:
    """An answer in its format: whole, or as the pieces of a stream."""

    pieces: Sequence[bytes]
    content_type: str
    whole: bool = False
    headers: tuple[tuple[str, str], ...] = ()


Format = Callable[[Body, Said, str], Written]  # the request's body, the answer, and the request's path with its query


def said(raw: bytes, model: str, text: str | None, call: ToolCall | None) -> Said:
    """Make an answer for a request. Its id and its usage come from the request's bytes."""
    digest = hashlib.sha256(raw).hexdigest()
    return Said(digest[:20], model, text or WORDS, call, 40 + int(digest[:3], 16), 5 + int(digest[3:5], 16))


def filled(schema: Body) -> Any:
    """Give the least that fits a JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return filled(schema[choice][0])
    kind = str(schema.get("type", "object") if not isinstance(schema.get("type"), list) else schema["type"][0]).lower()
    if kind == "object":
        return {name: filled(part) for name, part in schema.get("properties", {}).items()}
    scalars: Body = {"string": "A title", "integer": 1, "number": 1, "boolean": False, "array": [], "null": None}
    return scalars[kind]


def whole(body: Body, *headers: tuple[str, str]) -> Written:
    return Written([json.dumps(body).encode()], "application/json", whole=True, headers=headers)


def data_events(events: Sequence[Body | str], named: bool = False) -> Written:
    """Write server-sent events; `named` ones say their type twice, as vendors do."""
    pieces = []
    for event in events:
        text = event if isinstance(event, str) else json.dumps(event)
        name = f"event: {event['type']}\n" if named and not isinstance(event, str) else ""
        pieces.append(f"{name}data: {text}\n\n".encode())
    return Written(pieces, "text/event-stream")
