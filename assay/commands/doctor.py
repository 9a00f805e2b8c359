"""`assay doctor`: checks, each of which says what is found and how to mend it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.failure import FAILED, MISUSED, Failure
from assay.options import with_settings
from config.settings import Settings

if TYPE_CHECKING:
    from assay.checks.finding import Finding

Report = dict[str, list["Finding"]]


@click.command()
@with_settings("proxy.mode", "ledger.path")
@click.option("--client", metavar="NAME", help="Look at one client's trust alone, as claude, aider, curl or jetbrains.")
@click.option(
    "--authority",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Assay's certificate, where this is another machine than the proxy's.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option("--dialect", type=click.Path(path_type=Path), metavar="FILE", help="A dialect of your own, in TOML.")
@click.option("--sample", type=click.Path(path_type=Path), metavar="FILE", help="A request's body, in JSON.")
@click.option(
    "--answer",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An answer's body: .json if it is one object, .sse or .ndjson if it is streamed; else its bytes tell.",
)
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    client: str | None,
    authority: Path | None,
    as_json: bool,
    dialect: Path | None,
    sample: Path | None,
    answer: Path | None,
) -> None:
    """Check that Assay works here, and say how to mend what does not.

    \b
      assay doctor                                  # everything, as it is set up here
      assay doctor --client claude --authority assay-ca.pem    # on an employee's machine
      assay doctor --dialect acme.toml --sample request.json --answer answer.sse

    Looks at the assistant's reachability and certificate, the clock, who trusts Assay's authority, the ledger, who is
    known, the model, privacy, and whether metrics are served. It changes nothing, and sends no key and no prompt
    anywhere.

    With a dialect of your own it shows what Assay reads in a sample of your assistant's traffic, in clear: run it where
    you may see that. docs/dialects.md says how a dialect is written.

    \b
    Exit codes: 0 nothing wants mending, 1 something does or nothing was read, 2 asked wrongly.
    """
    if dialect or sample or answer:
        if dialect is None or (sample is None and answer is None):
            raise click.UsageError(
                "name a dialect with --dialect and a sample with --sample, --answer or both", context
            )
        context.exit(0 if _extract(dialect, sample, answer) else FAILED)
    report = _client(settings, client, authority) if client or authority else _everything(settings)
    found = [finding for findings in report.values() for finding in findings]
    if as_json:
        click.echo(json.dumps({about: [asdict(each) for each in findings] for about, findings in report.items()}))
    else:
        click.echo("\n".join(_lines(report)))
    context.exit(FAILED if any(finding.state == "bad" for finding in found) else 0)


def _everything(settings: Settings) -> Report:
    from assay.checks import CHECKS

    return {about: list(check(settings)) for about, check in CHECKS}


def _client(settings: Settings, client: str | None, authority: Path | None) -> Report:
    from assay.checks.trust import CERTIFICATE, FAMILIES, family_of, trusted_by

    families = FAMILIES
    if client is not None:
        if (family := family_of(client)) is None:
            known = ", ".join(name for each in FAMILIES for name in each.clients)
            raise Failure(f"no client {client} is known: name one of {known}", MISUSED)
        families = (family,)
    return {"Certificate authority": list(trusted_by(families, authority or settings.proxy.confdir / CERTIFICATE))}


def _lines(report: Report) -> Iterator[str]:
    for about, findings in report.items():
        yield about
        for finding in findings:
            yield f"  {finding.state:<4}  {finding.said}"
            if finding.fix:
                yield f"        fix: {finding.fix}"


def _extract(dialect: Path, sample: Path | None, answer: Path | None) -> bool:
    """Show what a dialect finds in samples; tell whether it finds anything."""
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
    return found


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
