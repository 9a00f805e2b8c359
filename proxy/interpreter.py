"""Reads requests and answers of any dialect, by its table.

No dialect is named here. Nothing of an answer's text is kept. Leaves out codings, framing, and
what the conversation asks (`conversation.py`).
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from proxy.codings import Decoder, decode
from proxy.conversation import MAX_NAME_CHARS, asked, fit
from proxy.dialects.table import Claim, Count, Dialect, Mark, at
from proxy.envelopes import unwrap
from proxy.exchange import UnreadableExchange
from proxy.framing import MAX_WHOLE_BYTES, CodedLines, Part, framing_by_bytes, framing_by_type, read_json
from proxy.reading import AnswerReader, Reply, Request
from proxy.recognition import recognise
from proxy.sent import Sent, Spoken
from proxy.templates import conversation

MAX_STORED_CHARS = 20_000  # of a stored prompt and its variables, by which two are told apart
MAX_TOKENS = 1_000_000_000  # of one call; a thousand times the largest context. More is no count
MAX_PARTS = 1_000_000  # of one answer, as many as tokens in the largest context; each takes microseconds of ours
MAX_STREAM_BYTES = 512 << 20  # decompressed; ten times what 100,000 tokens take, one event each


def read_request(dialect: Dialect, path: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Read a request's body as it came on the wire. Raises UnreadableExchange.

    `path`: of the URL, without its query. `headers`: lower-case names. Without a content type nothing is missing: the
    route knows the dialect.
    """
    return read_fields(dialect, path, headers, read_body(headers, body))


def read_body(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Read a body that is a JSON object, in whatever coding. Raises UnreadableExchange."""
    fields = read_json(decode(headers.get("content-encoding", ""), body, MAX_WHOLE_BYTES))
    if not isinstance(fields, dict):
        raise UnreadableExchange("the body is no JSON object")
    return fields


def read_fields(dialect: Dialect, path: str, headers: Mapping[str, str], fields: dict[str, Any]) -> Request:
    """Read a request by the fields of its body. See `read_request`."""
    messages = tuple(_messages(dialect, fields))
    named = _name(at(fields, dialect.named_automation)) if dialect.named_automation else None
    continues = _claimed(dialect.continues, fields) or _in_path(dialect.continues_path, path)
    if not (messages or named or continues or _says_nothing(dialect, fields)):
        raise UnreadableExchange("the body has no messages")
    sent = Sent(
        headers=headers,
        fields=fields,
        system=tuple(text for path in dialect.system for text in _texts(dialect, at(fields, path))),
        messages=messages,
    )
    recognised = recognise(sent)
    said = unwrap(recognised.envelope, sent.messages)
    ask = asked(said)
    signals = recognised.signals(said)
    if automation := named or dialect.automation or ("" if ask.opening else dialect.without_text):
        signals = replace(signals, automation=automation)
    if turn := _claimed(dialect.turn, fields):
        signals = replace(signals, turn=turn)
    return Request(
        tail=ask.tail,
        text=ask.text,
        history=ask.history,
        model=_name(at(fields, dialect.asked_model)) or _in_path(dialect.model_path, path),
        streamed=_streams(dialect, path, fields),
        opening=ask.opening,
        place=ask.place,
        user=_claimed(dialect.user, fields),
        conversation=_claimed(dialect.conversation, fields),
        signals=signals,
        completion=_completes(dialect, path, fields, messages),
        continues=continues,
        stored=_stored(dialect, fields),
    )


def read_answer(dialect: Dialect, headers: Mapping[str, str], streamed: bool) -> AnswerReader:
    """Make a reader for one answer. `headers`: the answer's. `streamed`: the request asked for a stream."""
    return _Answer(dialect, headers, streamed)


class _Answer:
    """Takes an answer's bytes piecewise and keeps its facts."""

    def __init__(self, dialect: Dialect, headers: Mapping[str, str], streamed: bool) -> None:
        self._dialect = dialect
        self._coding = headers.get("content-encoding", "")
        self._streamed = streamed
        self._decoder: Decoder | None = None
        coded = dialect.coded_lines in headers
        self._framing = CodedLines() if coded else framing_by_type(headers.get("content-type", ""), streamed)
        self._begin = b""  # what came before the framing could be told
        self._read = 0  # parts
        self._unread = 0  # parts that are neither JSON objects nor known
        self._complete = False
        self._error = False
        self._model: str | None = None
        self._id: str | None = None
        self._input = _Tally(dialect.input_tokens, headers)
        self._output = _Tally(dialect.output_tokens, headers)

    def feed(self, data: bytes) -> None:
        if not data:
            return
        if self._decoder is None:  # here, since making a reader must not raise
            self._decoder = Decoder(self._coding, MAX_STREAM_BYTES)
        for plain in self._decoder.feed(data):
            self._take(self._parts(plain))

    def end(self) -> Reply:
        if self._framing is not None:
            self._take(self._framing.end())
        if self._unread and not self._read:
            raise UnreadableExchange("nothing of the answer could be read")
        complete: bool | None = self._complete or (self._read > 0 and self._framing is not None and self._framing.whole)
        if not complete and self._read and self._dialect.ends_with_body:
            complete = None
        return Reply(complete, self._model, self._input.total(), self._output.total(), self._error, self._id)

    def _parts(self, plain: bytes) -> Iterator[Part]:
        if self._framing is None:
            self._begin = (self._begin + plain).lstrip()
            self._framing = framing_by_bytes(self._begin, self._streamed)
            if self._framing is None:
                return iter(())
            plain, self._begin = self._begin, b""
        return self._framing.feed(plain)

    def _take(self, parts: Iterable[Part]) -> None:
        for part in parts:
            failed = part.failed or part.name in self._dialect.error_events
            ended = part.name in self._dialect.end_events or part.data.strip() in self._dialect.sentinels
            fields = self._fields(part.data)
            self._error |= failed
            self._complete |= ended
            if fields is not None:
                self._note(fields)
            if failed or ended or fields is not None:
                self._read += 1
            else:
                self._unread += 1
            if self._read + self._unread > MAX_PARTS:
                raise UnreadableExchange("the answer has too many parts to be read")

    def _fields(self, data: bytes) -> dict[str, Any] | None:
        fields = _object(data)
        wrapped = at(fields, self._dialect.wrapped)
        if not isinstance(wrapped, str):
            return fields
        try:
            return _object(base64.b64decode(wrapped))
        except ValueError:
            return None

    def _note(self, fields: dict[str, Any]) -> None:
        dialect = self._dialect
        self._complete |= _holds_any(dialect.ends, fields)
        self._error |= _holds_any(dialect.errors, fields)
        for path in dialect.model:
            self._model = _name(at(fields, path)) or self._model
        for path in dialect.answer_id:
            self._id = _name(at(fields, path)) or self._id
        self._input.add(fields)
        self._output.add(fields)


class _Tally:
    """Keeps what an answer last reported of each field of a count."""

    def __init__(self, count: Count, headers: Mapping[str, str]) -> None:
        self._count = count
        self._reported: dict[str, int] = {}
        self._header = _tokens_named(headers.get(count.header, ""))
        self._instead = _Tally(count.instead, headers) if count.instead else None

    def add(self, fields: dict[str, Any]) -> None:
        for place in self._count.places:
            if isinstance(usage := at(fields, place), dict):
                for name in self._count.fields:
                    if (tokens := _tokens(usage.get(name))) is not None:
                        self._reported[name] = tokens
        if self._instead:
            self._instead.add(fields)

    def total(self) -> int | None:
        """Sum up; None: nothing was reported."""
        if self._reported:
            return sum(self._reported.values())
        instead = self._instead.total() if self._instead else None
        return self._header if instead is None else instead


def _messages(dialect: Dialect, fields: dict[str, Any]) -> Iterator[Spoken]:
    listed = at(fields, dialect.messages)
    said = [_spoken(dialect, message) for message in listed] if isinstance(listed, list) else []
    results = at(fields, dialect.newest_results)
    results = results if isinstance(results, list) else []
    newest = _newest(dialect, fields)
    if newest.speaker and (any(map(str.strip, newest.texts)) or not results):
        while dialect.newest_listed and said and said[-1].speaker == newest.speaker:
            said.pop()
        templated = conversation(newest.texts[0]) if dialect.templated and len(newest.texts) == 1 else ()
        said += templated or (newest,)
    yield from said
    if results:
        yield from (Spoken("assistant"), Spoken("tool", tool_results=True))
    if _holds_any(dialect.resumes, fields):
        yield Spoken("assistant")


def _stored(dialect: Dialect, fields: dict[str, Any]) -> str | None:
    kept = at(fields, dialect.stored) if dialect.stored else None
    return fit(json.dumps(kept, sort_keys=True), MAX_STORED_CHARS) if isinstance(kept, dict) else None


def _says_nothing(dialect: Dialect, fields: dict[str, Any]) -> bool:
    """Say whether a request may well have no messages."""
    if any(at(fields, path) is not None for path in dialect.elsewhere):
        return True
    return bool(dialect.without_text and at(fields, dialect.asked_model))


def _newest(dialect: Dialect, fields: dict[str, Any]) -> Spoken:
    if dialect.newest is None:
        return Spoken(None)
    message = at(fields, dialect.newest)
    return Spoken("human", (message,)) if isinstance(message, str) else _spoken(dialect, message)


def _completes(dialect: Dialect, path: str, fields: dict[str, Any], messages: tuple[Spoken, ...]) -> bool:
    """Say whether what is asked for is a completion at a cursor."""
    if any(at(fields, each) for each in dialect.completions):
        return True
    if dialect.completion_path and dialect.completion_path.search(path):
        return True
    said = [text for message in messages if message.speaker == "human" for text in message.texts]
    if any(mark in text for mark in dialect.completion_marks for text in said):
        return True
    return dialect.completes_texts and messages == (_newest(dialect, fields),)


def _in_path(pattern: re.Pattern[str] | None, path: str) -> str | None:
    found = pattern.search(path) if pattern else None
    return _name(unquote(found[1])) if found else None


def _streams(dialect: Dialect, path: str, fields: dict[str, Any]) -> bool:
    asked_for = at(fields, dialect.stream) if dialect.stream else None
    return (
        asked_for is True or path.endswith(dialect.stream_paths) or (asked_for is None and dialect.streams_by_default)
    )


def _spoken(dialect: Dialect, message: object) -> Spoken:
    speaker = next((speaker for mark, speaker in dialect.speakers if _holds(mark, message)), None)
    if speaker is None:
        return Spoken(None)
    content = at(message, dialect.content)
    if content is None:
        content = at(message, dialect.other_content)
    blocks = content if isinstance(content, list) else []
    texts = tuple(_texts(dialect, content))
    results = [block for block in blocks if _holds_any(dialect.tool_result_blocks, block)]
    return Spoken(
        speaker,
        texts,
        results=tuple(text for block in results for text in _texts(dialect, at(block, dialect.tool_result_content))),
        tool_results=bool(results) or _holds_any(dialect.tool_result_messages, message),
        wordless=len(blocks) > len(texts),
    )


def _texts(dialect: Dialect, content: object) -> Iterator[str]:
    """Give the texts of a content, which is one text or a list of blocks."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if (text := _block_text(dialect, block)) is not None:
                yield text


def _block_text(dialect: Dialect, block: object) -> str | None:
    if not _holds_any(dialect.text_blocks, block) or _holds_any(dialect.hidden_blocks, block):
        return None
    texts = (at(block, path) for path in (dialect.block_text, dialect.other_block_text))
    return next((text for text in texts if isinstance(text, str)), None)


def _holds(mark: Mark, value: object) -> bool:
    found = at(value, mark.path)
    if mark.values is None:
        return found is not None and found is not False
    return isinstance(found, str) and found in mark.values


def _holds_any(marks: Iterable[Mark], value: object) -> bool:
    return any(_holds(mark, value) for mark in marks)


def _claimed(claims: Iterable[Claim], fields: dict[str, Any]) -> str | None:
    return next((name for claim in claims if (name := _claim(claim, fields)) is not None), None)


def _claim(claim: Claim, fields: dict[str, Any]) -> str | None:
    name = _name(at(fields, claim.path))
    if name is None:
        return None
    if claim.inside:
        return _name(at(_object(name.encode()), claim.inside))
    if claim.pattern:
        return _name(found[1]) if (found := claim.pattern.match(name)) else None
    return name


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = read_json(data)
    except UnreadableExchange:
        return None
    return value if isinstance(value, dict) else None


def _name(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        return None
    return fit(value, MAX_NAME_CHARS).strip() or None


def _tokens(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None


def _tokens_named(value: str) -> int | None:
    return _tokens(int(value)) if len(value) < 20 and value.isascii() and value.isdigit() else None
