"""`assay evaluate`: measures the classifier against labelled prompts."""

import json
from contextlib import closing
from pathlib import Path

import click

from assay.failure import FAILED, MISUSED, Failure
from assay.options import with_settings
from assay.progress import stages
from config.settings import Settings
from ledger.address import Place


@click.command()
@with_settings("classifier.backend", "classifier.model", "ledger.path")
@click.option("--data", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Labelled prompts, JSONL.")
@click.option("--contests", is_flag=True, help="Show how often people contest judgements, from the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON.")
@click.pass_context
def command(context: click.Context, settings: Settings, data: Path | None, contests: bool, as_json: bool) -> None:
    """Measure the classifier against labelled prompts, beside simple baselines; or by what people contest."""
    if (data is None) == (not contests):
        raise click.UsageError("name labelled prompts with --data, or ask for --contests", context)
    click.echo(_contests(settings.ledger.path, as_json) if data is None else _evaluation(settings, data, as_json))


def _contests(path: Place, as_json: bool) -> str:
    from ledger.store import Ledger
    from reports.contests import render

    with closing(Ledger.read(path)) as ledger:
        counted = ledger.contests.counted(ledger.min_group())
    return render(counted, as_json)


def _evaluation(settings: Settings, data: Path, as_json: bool) -> str:
    from classifiers.errors import BadLine, ModelError
    from classifiers.evaluation import evaluate
    from classifiers.judge import load_judge

    try:
        judge = load_judge(settings.classifier.model, settings.classifier.backend)
        with stages() as progress:
            report = evaluate(judge, data, progress=progress)
    except ModelError as error:
        raise Failure(str(error), FAILED) from None
    except BadLine as error:
        raise Failure(f"{data}, {error}", MISUSED) from None
    return json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.markdown()
