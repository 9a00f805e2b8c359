"""`assay evaluate`: measures the classifier against labelled prompts."""

import json
from pathlib import Path

import click

from assay.failure import FAILED, MISUSED, Failure
from assay.options import with_settings
from assay.progress import stages
from config.settings import Settings


@click.command()
@with_settings("classifier.backend", "classifier.model")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Labelled prompts, JSONL.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON.")
def command(settings: Settings, data: Path, as_json: bool) -> None:
    """Measure the classifier against labelled prompts, beside simple baselines."""
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
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.markdown())
