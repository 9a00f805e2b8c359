"""Makes dialects of the files in which operators write down how their own assistant says things.

They become literals like those in `proxy/dialects/`: the interpreter knows no difference.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assay.failure import MISUSED, Failure
from config.dialects import DialectFile, Steps, load_dialects
from config.loading import SettingsError
from config.routes import RouteTable
from proxy.dialects import DIALECTS, UNREAD
from proxy.dialects.table import Claim, Count, Dialect, Mark


def read_dialects(place: Path | None) -> tuple[DialectFile, ...]:
    """Read a file, or those of a folder; what is wrong with one ends the command."""
    try:
        return load_dialects(place, taken={*DIALECTS, *UNREAD})
    except SettingsError as error:
        raise Failure(str(error), MISUSED) from None


def dialect(file: DialectFile) -> Dialect:
    """Make the dialect that a file describes."""
    request, answer = file.request, file.answer
    return Dialect(
        name=file.name,
        messages=request.messages or (),
        newest=request.text,
        speakers=(
            (_says(request.role, request.human), "human"),
            (_says(request.role, request.assistant), "assistant"),
            (_says(request.role, request.tool), "tool"),
        ),
        content=request.content,
        text_blocks=(_says(request.block_type, request.text_blocks),),
        block_text=request.block_text,
        tool_result_blocks=(),
        asked_model=request.model or (),
        stream=request.stream or (),
        user=_claims(request.user),
        conversation=_claims(request.conversation),
        turn=_claims(request.turn),
        model=(answer.model,) if answer.model else (),
        input_tokens=_count(answer.input_tokens),
        output_tokens=_count(answer.output_tokens),
        ends=_marks(answer.end, answer.end_values),
        sentinels=frozenset(line.encode() for line in answer.end_lines),
        errors=_marks(answer.error, answer.error_values),
        error_events=frozenset({"error"}),
        ends_with_body=answer.end is None,
    )


def with_own(table: RouteTable, files: Sequence[DialectFile]) -> RouteTable:
    """Add the hosts and paths of dialect files to the routes."""
    return replace(
        table,
        assistants=table.assistants + tuple((host, file.assistant or host) for file in files for host in file.hosts),
        hosted=table.hosted
        + tuple((host, path, file.name) for file in files for host in file.hosts for path in file.paths),
    )


def _says(path: Steps, values: Sequence[str]) -> Mark:
    return Mark(path, frozenset(values))


def _marks(path: Steps | None, values: Sequence[str] | None) -> tuple[Mark, ...]:
    return (Mark(path, frozenset(values) if values else None),) if path else ()


def _claims(path: Steps | None) -> tuple[Claim, ...]:
    return (Claim(path),) if path else ()


def _count(path: Steps | None) -> Count:
    return Count((path[:-1],), (str(path[-1]),)) if path else Count((), ())
