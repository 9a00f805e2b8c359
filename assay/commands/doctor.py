"""`assay doctor`: checks, each of which says what is found and how to mend it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from assay.failure import FAILED, MISUSED, Failure


@click.command()
@click.option("--dialect", type=click.Path(path_type=Path), metavar="FILE", help="A dialect of your own, in TOML.")
@click.option("--sample", type=click.Path(path_type=Path), metavar="FILE", help="A request's body, in JSON.")
@click.option(
    "--answer",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An answer's body: .json if it is one object, .sse or .ndjson if it is streamed; else its bytes tell.",
)
@click.pass_context
def command(context: click.Context, dialect: Path | None, sample: Path | None, answer: Path | None) -> None:
    """Check a dialect of your own on samples of your assistant's traffic.

    \b
      assay doctor --dialect acme.toml --sample request.json --answer answer.sse

    Shows what Assay reads in the sample: the prompt in a person's own words, the history's roles and lengths, model,
    conversation, user, and of the answer its token counts and whether it is complete. Where it reads no prompt, it says
    which path leads nowhere and what stands there instead. docs/dialects.md says how a dialect is written.

    The text of the sample and the user's name are shown as they are: run it where you may see them. Nothing is stored
    or sent; no proxy needs to run.

    \b
    Exit codes: 0 a prompt was read, 1 nothing was read, 2 a file is wrong.
    """
    if dialect is None or (sample is None and answer is None):
        raise click.UsageError("name a dialect with --dialect and a sample with --sample, --answer or both", context)
    from assay.extraction import answer_lines, request_lines
    from assay.own_dialects import read_dialects

    if dialect.is_dir():
        raise Failure(f"{dialect} is a folder: name one dialect file of it", MISUSED)
    (file,) = read_dialects(dialect)
    request_body, answer_body = (None if path is None else _body(path) for path in (sample, answer))
    click.echo(f"{file.name}, as {dialect} says it")
    found = True
    if request_body is not None:
        click.echo(f"request in {sample}:")
        found &= _show(lambda: request_lines(file, request_body))
    if answer is not None and answer_body is not None:
        click.echo(f"answer in {answer}:")
        found &= _show(lambda: answer_lines(file, answer_body, answer.suffix))
    context.exit(0 if found else FAILED)


def _body(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failure(
            f"{file} cannot be read ({(error.strerror or 'unknown').lower()}): name a file", MISUSED
        ) from None


def _show(read: Callable[[], Iterator[str]]) -> bool:
    """Show what is read in a sample; tell whether anything is."""
    from assay.extraction import NothingExtracted

    try:
        lines = read()
    except NothingExtracted as reason:
        click.echo(f"  nothing: {reason}")
        return False
    for line in lines:
        click.echo(line)
    return True
