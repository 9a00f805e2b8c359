"""Shows what a dialect of an operator's own extracts from a sample, or says why it extracts nothing.

It quotes the sample, prompt and all, to whoever runs it on a sample of their own. Nothing is stored.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from assay.own_dialects import dialect
from config.dialects import AnswerTable, DialectFile, RequestTable, Steps
from proxy.dialects.table import at
from proxy.exchange import UnreadableExchange
from proxy.interpreter import read_answer, read_request
from proxy.reading import Reply, Request

UNSET = "not set in the dialect"
MAX_SHOWN = 5  # of what stands where something else was looked for

# What a file's ending says of an answer; of others the bytes tell.
_CONTENT_TYPES: Mapping[str, str] = {
    ".json": "application/json",
    ".sse": "text/event-stream",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


class NothingExtracted(Exception):  # noqa: N818 - it is a finding
    """Says in one sentence why."""


def request_lines(file: DialectFile, sample: bytes) -> Iterator[str]:
    """Say what the dialect reads in a request's body. Raises NothingExtracted."""
    try:
        request = read_request(dialect(file), file.paths[0], {}, sample)
    except UnreadableExchange as fault:
        raise NothingExtracted(_lost(file.request, _json(sample)) or str(fault)) from None
    body = _json(sample)
    if not request.text:
        raise NothingExtracted(_lost(file.request, body) or _silent(file.request, body))
    return _request_lines(file.request, request, body)


def answer_lines(file: DialectFile, sample: bytes, ending: str) -> Iterator[str]:
    """Say what the dialect reads in an answer's body. `ending`: its file's, as `.json`. Raises NothingExtracted."""
    reader = read_answer(dialect(file), {"content-type": _CONTENT_TYPES.get(ending, "")}, streamed=True)
    try:
        reader.feed(sample)
        reply = reader.end()
    except UnreadableExchange as fault:
        raise NothingExtracted(str(fault)) from None
    return _answer_lines(file.answer, reply)


def _request_lines(keys: RequestTable, request: Request, body: object) -> Iterator[str]:
    for key, value in (
        ("conversation", request.conversation),
        ("turn", request.signals.turn),
        ("user", request.user),
        ("model", request.model),
    ):
        yield _line(key, value or _missing(f"request.{key}", getattr(keys, key), body))
    yield _line("streamed", _yes(request.streamed) if keys.stream else UNSET)
    yield _line("asks", _asks(request))
    yield _line("history", "" if request.history else "none")
    for message in request.history:
        yield f"    {message.role}, {len(message.text)} characters"
    yield _line("text", f"{len(request.text)} characters")
    for line in request.text.splitlines():
        yield f"    {line}"


def _answer_lines(keys: AnswerTable, reply: Reply) -> Iterator[str]:
    for key in ("model", "input_tokens", "output_tokens"):
        value, steps = getattr(reply, key), getattr(keys, key)
        yield _line(key.replace("_", " "), _missing(f"answer.{key}", steps) if value is None else str(value))
    complete = "if HTTP ends it as it should" if reply.complete is None else _yes(reply.complete)
    yield _line("complete", complete)
    yield _line("failed", _yes(reply.error))


def _line(name: str, value: str) -> str:
    return f"  {name:<14} {value}".rstrip()


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _asks(request: Request) -> str:
    if request.tail == "tool_results":
        return "nothing new: it hands on what a tool says, and belongs to the ask below"
    return f"ask {request.place + 1} of its conversation" if request.tail != "empty" else "nothing new: the ask below"


def _missing(key: str, steps: Steps | None, body: object = None) -> str:
    if steps is None:
        return UNSET
    why = _end(body, steps) if body is not None else None
    return f"not there: {key} finds nothing" + (f", as {why}" if why else "")


def _lost(keys: RequestTable, body: object) -> str | None:
    """Say where the path to the prompt ends; None: it leads somewhere, or the body is no JSON."""
    if body is None:
        return None
    found = [(key, _end(body, path)) for key, path in (("text", keys.text), ("messages", keys.messages)) if path]
    key, end = found[0]
    return f"request.{key} finds nothing, as {end}" if end and all(end for _, end in found) else None


def _silent(keys: RequestTable, body: object) -> str:
    """Say why what is there holds no person's text."""
    messages = at(body, keys.messages) if keys.messages else None
    if not isinstance(messages, list):
        return "what stands there holds no text"
    said = [(role if isinstance(role := at(message, keys.role), str) else "nothing", message) for message in messages]
    human = next((message for role, message in said if role in keys.human), None)
    if human is None:
        roles = _some(role for role, _ in said)
        return f"no message is a person's: request.role finds {roles}, and request.human is {_some(keys.human)}"
    if end := _end(human, keys.content):
        return f"request.content finds nothing in a person's message, as {end}"
    return "no message of a person holds a text: see request.content, block_type, text_blocks and block_text"


def _json(sample: bytes) -> object:
    try:
        return json.loads(sample.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _end(value: object, steps: Steps) -> str | None:
    """Say where a path ends before its last step; None: it leads to a value."""
    walked = "the body"
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list):
                return f"{walked} is no list"
            if step >= len(value):
                return f"{walked} has {len(value)} items"
            value = value[step]
        else:
            if not isinstance(value, dict):
                return f"{walked} is no object"
            if step not in value:
                return f"{walked} has no {step}, but {_some(value)}"
            value = value[step]
        walked = f"[{step}]" if isinstance(step, int) else step
    return None if value is not None else f"{walked} is null"


def _some(names: Iterable[object]) -> str:
    said = list(dict.fromkeys(str(name) for name in names))
    return (", ".join(said[:MAX_SHOWN]) + (", …" if len(said) > MAX_SHOWN else "")) or "nothing"
