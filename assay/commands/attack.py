"""`assay attack`: tries to fool the classifier, and says what that gains."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.failure import FAILED, MISUSED, Failure
from assay.options import with_settings
from assay.progress import stages
from config.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from classifiers.attack.report import Report

SAMPLE = 100  # trivial prompts that each attack dresses


@click.command()
@with_settings("classifier.backend", "classifier.model")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Labelled prompts of your own, JSONL. Not given: the corpus that ships with Assay.",
)
@click.option("--attack", "names", metavar="NAME", multiple=True, help="Run this attack alone; may be given again.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=SAMPLE,
    show_default=True,
    help="Trivial prompts to dress; half as many genuine ones.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same figures.")
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON.")
def command(
    settings: Settings, data: Path | None, names: tuple[str, ...], sample: int, seed: int, as_json: bool
) -> None:
    """Try to make trivial prompts look like work, and say what each way gains beside its bar.

    Lifted: trivial prompts that a dress brings to substantive. Inflation: what it adds to their weight, on average.
    Effort: a person's seconds for one point of weight, by our estimates. Kept: genuine prompts that stay substantive in
    the same dress.
    """
    from classifiers.attack.attacks import ATTACKS, BY_NAME
    from classifiers.attack.bases import choose
    from classifiers.attack.suite import run
    from classifiers.errors import BadLine, ModelError
    from classifiers.judge import load_judge

    unknown = next((name for name in names if name not in BY_NAME), None)
    if unknown is not None:
        raise Failure(f"there is no attack {unknown!r}: choose from {', '.join(BY_NAME)}", MISUSED)
    chosen = [attack for attack in ATTACKS if not names or attack.name in names]
    try:
        judge = load_judge(settings.classifier.model, settings.classifier.backend)
        bases = choose(data, sample, seed)
        with stages() as progress:
            report = run(judge, bases, chosen, seed=seed, progress=progress)
    except ModelError as error:
        raise Failure(str(error), FAILED) from None
    except BadLine as error:
        raise Failure(f"{data}, {error}", MISUSED) from None
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        show(report)


def show(report: "Report") -> None:
    """Print the report for people."""
    from rich.console import Console

    from classifiers.attack import report as bars

    console = Console()
    console.print(
        f"{report.judge}, seed {report.seed}. Without dress, {report.trivial_over} of {report.trivial} trivial prompts "
        f"and {report.genuine_over} of {report.genuine} genuine ones are judged substantive."
    )
    console.print(attacks_table(report))
    console.print(
        f"! misses its bar; a searched prefix must lift less than {bars.PREFIX_LIFTED_UNDER:.0%}. "
        "Effort: a person's seconds for one point of weight, by our estimates; – where nothing is gained."
    )
    for mirror in report.mirrors:
        console.print(
            f"Genuine asks, {mirror.what}: {mirror.kept} of {mirror.of} judged substantive "
            f"(bar {bars.KEPT_AT_LEAST:.0%}: {met(mirror.met)})"
        )
    if report.prefix is not None:
        console.print("The best prefix found:", report.prefix.strip() or "none gains anything", markup=False)
    console.print("Every bar is met." if report.met else "Not every bar is met.")


def attacks_table(report: "Report") -> "Table":
    """Make the table of attacks."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from classifiers.attack import report as bars

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("attack", no_wrap=True)
    table.add_column("tried", justify="right")
    table.add_column(f"inflation\n< {bars.INFLATION_UNDER}", justify="right")
    table.add_column(f"lifted\n≤ {bars.LIFTED_AT_MOST:.0%}", justify="right")
    table.add_column("effort\ns/point", justify="right")
    table.add_column(f"kept\n≥ {bars.KEPT_AT_LEAST:.0%}", justify="right")
    for one in report.outcomes:
        effort, kept = one.seconds_a_point, one.kept_share
        table.add_row(
            one.attack,
            str(one.tried),
            f"{flag(one.inflation_met)}{one.inflation:+.3f}",
            f"{flag(one.lifted_met)}{one.lifted_share:.1%} ({one.lifted}/{one.liftable})",
            "–" if effort is None else f"{effort:,.0f}",
            "–" if kept is None else f"{flag(one.kept_met)}{kept:.0%} ({one.kept}/{one.keepable})",
        )
    return table


def met(yes: bool) -> str:
    """Say whether a bar is met."""
    return "met" if yes else "missed"


def flag(yes: bool) -> str:
    """Mark what misses its bar."""
    return "" if yes else "! "
