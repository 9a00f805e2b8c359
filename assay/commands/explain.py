"""`assay explain`: why a turn got its value."""

import json
from dataclasses import asdict

import click

from assay.failure import Failure
from assay.options import with_settings
from config.settings import Settings


@click.command()
@click.argument("turn_id", type=int)
@with_settings("ledger.path")
@click.option("--json", "as_json", is_flag=True, help="Write it as JSON.")
def command(settings: Settings, turn_id: int, as_json: bool) -> None:
    """Say why a turn got its value: its level with the probabilities, the reasons, novelty and attention, the weight.

    TURN_ID is the id in the table `turns`. Neither the prompt nor the person is shown.
    """
    from ledger.store import Ledger
    from reports.explanation import render

    ledger = Ledger.read(settings.ledger.path)
    try:
        explained = ledger.explained(turn_id)
    finally:
        ledger.close()
    if explained is None:
        raise Failure(f"the ledger has no turn {turn_id}: ids are in its table `turns`, as long as they are retained")
    click.echo(json.dumps(asdict(explained)) if as_json else render(turn_id, explained))
