"""`assay train`: makes a model from labelled prompts."""

from pathlib import Path

import click

from assay.failure import FAILED, MISUSED, Failure
from assay.progress import stages


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("model"),
    show_default=True,
    help="Folder for the model.",
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="Labelled prompts, JSONL; may be given again. Not given: the corpus that ships with Assay.",
)
@click.option(
    "--extra",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="More labelled prompts, your own; may be given again.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same model.")
def command(out: Path, corpus: tuple[Path, ...], extra: tuple[Path, ...], seed: int) -> None:
    """Make a model from labelled prompts. Needs the environment of `make train-env`."""
    from classifiers.errors import BadLine, ModelError
    from classifiers.training import train

    try:
        with stages() as progress:
            trained = train(corpus, extra, out, seed=seed, progress=progress)
    except ModelError as error:
        raise Failure(str(error), FAILED) from None
    except BadLine as error:
        raise Failure(str(error), MISUSED) from None
    click.echo(f"{trained.name} is in {trained.path}, after {trained.seconds:.0f} s")
    for figure, value in trained.figures.items():
        click.echo(f"  {figure:<28} {value:.3f}")
