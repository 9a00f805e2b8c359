"""`assay score`: rates prompts without a proxy."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from assay.failure import MISUSED, Failure
from assay.options import with_settings
from config.settings import Settings
from ledger.records import LEVELS

if TYPE_CHECKING:
    from classifiers.judge import Judge
    from classifiers.scoring import Scored

LINE = '{"id": "…", "turns": [{"role": "user", "text": "…"}]}'


@click.command(epilog=f"An input line is {LINE}.")
@with_settings("classifier.backend", "classifier.model")
@click.argument("text", required=False)
@click.option("--input", "source", metavar="FILE.jsonl", help="Prompts, one a line; - is standard input.")
@click.option(
    "--output", "target", metavar="FILE.jsonl", help="Ratings, one a line in the same order; - is standard output."
)
@click.option("--json", "as_json", is_flag=True, help="Rate TEXT as one line of JSON.")
def command(settings: Settings, text: str | None, source: str | None, target: str | None, as_json: bool) -> None:
    """Rate prompts: TEXT (- reads it from standard input), or the lines of a file."""
    if (text is None) == (source is None) or (target is not None and source is None):
        raise Failure(
            "nothing, or too much, to rate: give TEXT, or --input FILE.jsonl with --output FILE.jsonl", MISUSED
        )
    from classifiers.errors import BadLine, ModelError
    from classifiers.judge import load_judge
    from classifiers.scoring import score_text

    try:
        judge = load_judge(settings.classifier.model, settings.classifier.backend)
        if source is not None:
            _score_lines(judge, source, target or "-")
            return
        scored = score_text(judge, sys.stdin.read() if text == "-" else text or "")
    except ModelError as error:
        raise Failure(str(error)) from None
    except BadLine as error:
        raise Failure(f"{_named(source or '-')}, {error}", MISUSED) from None
    print(json.dumps(scored.as_json(), ensure_ascii=False) if as_json else _sentence(scored))


def _score_lines(judge: "Judge", source: str, target: str) -> None:
    from classifiers.scoring import score_file, score_stream

    try:
        with _progress(source) as progress:
            if "-" not in (source, target):
                score_file(judge, Path(source), Path(target), progress)
            else:
                with _opened(source) as lines, _written(target) as out:
                    score_stream(judge, lines, out.write, progress)
    except BrokenPipeError:
        raise
    except OSError as error:
        what = (error.strerror or "unknown").lower()
        raise Failure(
            f"{error.filename or _named(target)} cannot be read or written ({what}): name another", MISUSED
        ) from None


@contextmanager
def _opened(source: str) -> Iterator[TextIO]:
    """Open the input. Bytes that are no UTF-8 become a sign for that, as nobody can rate them better."""
    if source == "-":
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # it is a text file
        yield sys.stdin
    else:
        with Path(source).open(encoding="utf-8", errors="replace") as lines:
            yield lines


@contextmanager
def _written(target: str) -> Iterator[TextIO]:
    if target == "-":
        yield sys.stdout
    else:
        with Path(target).open("w", encoding="utf-8") as out:
            yield out


@contextmanager
def _progress(source: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many lines are done; of how many, where the input is a file."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=_lines(source))
        yield lambda done: bar.update(task, completed=done)


def _lines(source: str) -> int | None:
    if source == "-":
        return None
    with Path(source).open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _named(file: str) -> str:
    return "standard input or output" if file == "-" else file


def _sentence(scored: "Scored") -> str:
    """Write a rating for people."""
    return (
        f"level {scored.level} of 4 ({LEVELS[scored.level]}), score {scored.score:.2f}, weight {scored.weight:g}, "
        f"{scored.category}: {'; '.join(scored.reasons)}"
    )
