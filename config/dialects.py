"""Reads dialect files: how an assistant of the company's own says things, as its operator writes it down in TOML.

Gives plain values; a command makes of them what the proxy reads by (`assay/own_dialects.py`). Every key is declared
once: the table of docs/dialects.md derives from it.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from config.loading import SettingsError

Steps = tuple[str | int, ...]  # from a JSON value to one inside it: a name into an object, a number into a list

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:]+")
_STEP = re.compile(r'\.?(?:"([^"]+)"|([^.\[\]"\s]+))|\[(\d{1,4})\]')


def steps(path: str) -> Steps:
    """Read a path, as `data.messages[0]."odd name"`. Raises ValueError."""
    found: list[str | int] = []
    at = 0
    while step := _STEP.match(path, at):
        if step[0].startswith(".") is not (at > 0 and not step[3]):
            break
        found.append(int(step[3]) if step[3] else step[1] or step[2])
        at = step.end()
    if at < len(path) or not found or isinstance(found[0], int):
        raise ValueError("no path")
    return tuple(found)


def _path(value: object) -> Steps:
    if not isinstance(value, str):
        raise ValueError("no path")  # noqa: TRY004 - pydantic takes no TypeError for a finding
    return steps(value)


def _field(value: Steps) -> Steps:
    if isinstance(value[-1], int):
        raise ValueError("no field")  # noqa: TRY004 - the same
    return value


def _fitting(pattern: re.Pattern[str]) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError("not written so")
        return value

    return AfterValidator(check)


def _suffix(value: str) -> str:
    if not re.fullmatch(r"(/[^/?#\s]+)+", value):
        raise ValueError("no end of a path")
    return value


At = Annotated[Steps, BeforeValidator(_path)]
AtField = Annotated[At, AfterValidator(_field)]
Words = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]

_A_PATH = 'be a path, as "data.messages[0].text"'
_A_LIST = 'be a list of texts, as ["user"]'


def _key(default: Any, help_: str, must: str) -> Any:
    """Declare a key; `...` for one that must be there. `must` ends the sentence "KEY must …", with the fix."""
    return Field(default, description=help_, json_schema_extra={"must": must})


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestTable(_Table):
    """The body of a request: `text`, or `messages` with what tells who said each. Paths lead into the JSON object."""

    text: At | None = _key(None, "Where the prompt stands that a person has just written, if it stands alone.", _A_PATH)
    messages: At | None = _key(
        None,
        "Where the list of messages is, the oldest first; with `text`, those before it. `role` to `block_text` are of "
        "a message.",
        _A_PATH,
    )
    role: At = _key(("role",), "Where a message says who said it.", _A_PATH)
    human: Words = _key(("user",), "What stands there for a person.", _A_LIST)
    assistant: Words = _key(("assistant",), "What stands there for the assistant.", _A_LIST)
    tool: Words = _key(("tool",), "What stands there for the results of tools. All others are asides.", _A_LIST)
    content: At = _key(("content",), "Where a message's text is, or its list of blocks.", _A_PATH)
    block_type: At = _key(("type",), "Where a block says what it is.", _A_PATH)
    text_blocks: Words = _key(("text",), "What stands there for a block of text.", _A_LIST)
    block_text: At = _key(("text",), "Where the text of such a block is.", _A_PATH)
    conversation: At | None = _key(None, "Where the id of the conversation is.", _A_PATH)
    turn: At | None = _key(
        None,
        "Where the id of the person's message is: the same where it is sent again, another where it is typed again.",
        _A_PATH,
    )
    user: At | None = _key(None, "Where the person's name is. Only a pseudonym of it is kept.", _A_PATH)
    model: At | None = _key(None, "Where the model is named.", _A_PATH)
    stream: At | None = _key(None, "Where `true` asks for the answer as a stream.", _A_PATH)


class AnswerTable(_Table):
    """The answer: the whole body, or each event of a stream, is one JSON object that the paths lead into."""

    model: At | None = _key(None, "Where the model is named.", _A_PATH)
    input_tokens: AtField | None = _key(None, "Where the number of tokens read is.", 'be a path, as "usage.input"')
    output_tokens: AtField | None = _key(None, "Where the number of tokens written is.", 'be a path, as "usage.output"')
    end: At | None = _key(None, "What a stream's last event has, and no other.", _A_PATH)
    end_values: Words | None = _key(None, "What stands there. Not set: anything but null.", 'be a list, as ["done"]')
    end_lines: Words = _key(
        ("[DONE]",), "Data of the last event where that is no JSON.", 'be a list of texts, as ["[DONE]"]'
    )
    error: At | None = _key(("error",), "What an answer has, whole or in an event, that failed.", _A_PATH)
    error_values: Words | None = _key(None, "What stands there. Not set: anything but null.", 'be a list, as ["error"]')


class DialectFile(_Table):
    """One file."""

    name: Annotated[str, _fitting(_NAME)] = _key(
        ..., "The dialect's name, as the ledger keeps it.", "be small letters, digits and hyphens, as acme-chat"
    )
    assistant: Annotated[str, Field(min_length=1)] | None = _key(
        None, "The assistant's name in reports. Not set: its host.", "be a text, as Acme Chat"
    )
    hosts: Annotated[tuple[Annotated[str, AfterValidator(str.lower), _fitting(_HOST)], ...], Field(min_length=1)] = (
        _key(
            ..., "The hosts that speak it, with their subdomains.", 'be a list of host names, as ["chat.acme.example"]'
        )
    )
    paths: Annotated[tuple[Annotated[str, AfterValidator(_suffix)], ...], Field(min_length=1)] = _key(
        ...,
        "The ends of the paths that prompts are posted to.",
        'be a list of ends of paths, each with a slash before it, as ["/api/ask"]',
    )
    request: RequestTable = _key(..., "What is asked.", "be a table, as [request]")
    answer: AnswerTable = _key(AnswerTable(), "What is answered.", "be a table, as [answer]")


def load_dialects(place: Path | None, taken: Collection[str] = ()) -> tuple[DialectFile, ...]:
    """Read a dialect file, or those of a folder (`*.toml`). `taken`: names of other dialects. Raises SettingsError."""
    if place is None:
        return ()
    names = dict.fromkeys(taken, "a dialect of Assay")
    read: list[DialectFile] = []
    for file in _files(place):
        dialect = _load(file)
        if dialect.name in names:
            raise SettingsError(
                f"{file}: {dialect.name} is the name of {names[dialect.name]} already: give this dialect another"
            )
        names[dialect.name] = f"the dialect in {file.name}"
        read.append(dialect)
    return tuple(read)


def keys() -> Iterator[tuple[str, FieldInfo]]:
    """Give every key with its dotted name, in order of declaration."""
    for name, field in DialectFile.model_fields.items():
        table = field.annotation
        if isinstance(table, type) and issubclass(table, BaseModel):
            yield from ((f"{name}.{inner}", each) for inner, each in table.model_fields.items())
        else:
            yield name, field


def is_path(field: FieldInfo) -> bool:
    """Tell a key whose value is a path from one that is a list of texts."""
    assert isinstance(field.json_schema_extra, dict)
    return str(field.json_schema_extra["must"]).startswith("be a path")


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    if not (files := sorted(place.glob("*.toml"))):
        raise SettingsError(f"the folder {place} holds no dialect: write one to a file of it that ends in .toml")
    return files


def _load(file: Path) -> DialectFile:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the dialect file {file} cannot be read ({(error.strerror or 'unknown').lower()}): name one that exists"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the dialect file {file} is not TOML ({error}): mend it") from None
    except UnicodeDecodeError:
        raise SettingsError(f"the dialect file {file} is not TOML (its bytes are not UTF-8): mend it") from None
    try:
        dialect = DialectFile.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"{file}: {_sentence(error)}") from None
    if fault := _fault(dialect):
        raise SettingsError(f"{file}: {fault}")
    return dialect


def _sentence(error: ValidationError) -> str:
    """Say what is wrong first, unknown keys before all else: they are mostly what others are missed for."""
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    first = faults[0]
    declared = dict(keys())
    tables = {name: field for name, field in DialectFile.model_fields.items() if name not in declared}
    dotted = ".".join(str(part) for part in first["loc"][:2] if isinstance(part, str))
    if first["type"] == "extra_forbidden":
        return _unknown(dotted, [*declared, *tables])
    field = declared.get(dotted) or declared.get(dotted.partition(".")[0]) or tables[dotted.partition(".")[0]]
    assert isinstance(field.json_schema_extra, dict)
    said = "is missing: it must" if first["type"] == "missing" else "must"
    return f"{dotted} {said} {field.json_schema_extra['must']}"


def _unknown(dotted: str, known: list[str]) -> str:
    last = dotted.rpartition(".")[2]
    same = [name for name in known if name.rpartition(".")[2] == last]
    near = same or difflib.get_close_matches(dotted, known, n=1, cutoff=0)
    return f"there is no key {dotted}: did you mean {near[0]}?"


def _fault(dialect: DialectFile) -> str | None:
    """Say what is wrong between keys that are right by themselves."""
    request, answer = dialect.request, dialect.answer
    if request.text is None and request.messages is None:
        return 'nothing says where the prompt is: give request.text, or request.messages, as messages = "messages"'
    given = request.model_fields_set
    of_messages = ("role", "human", "assistant", "tool", "content", "block_type", "text_blocks", "block_text")
    if request.messages is None and (stray := [name for name in of_messages if name in given]):
        return f"request.{stray[0]} is about messages: give request.messages too, or leave it out"
    heard: dict[str, str] = {}
    for speaker in ("human", "assistant", "tool"):
        for word in getattr(request, speaker):
            if heard.setdefault(word, speaker) != speaker:
                return f"{word} stands for both request.{heard[word]} and request.{speaker}: keep one"
    for name in ("end", "error"):
        if getattr(answer, f"{name}_values") is not None and f"{name}" not in answer.model_fields_set:
            return f"answer.{name}_values needs to know where: give answer.{name} too"
    return None
