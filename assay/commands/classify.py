"""`assay classify`: drains the ledger's unjudged turns."""

import signal
import threading
from contextlib import ExitStack

import click

from assay import lifeline
from assay.failure import Failure, say, speak_plainly
from assay.options import with_settings
from assay.places import keys_of
from assay.retaining import retention_of
from config.settings import Settings

DAY_SECONDS = 86_400


@click.command()
@with_settings("ledger.path", "classifier.backend", "classifier.model")
@click.option("--once", is_flag=True, help="End when no turn waits any more.")
@lifeline.option
def command(settings: Settings, once: bool, supervised: bool) -> None:
    """Judge the turns that wait in the ledger, and those that come.

    Runs at low priority, so that it never delays the traffic. It can be killed at any time: each turn is judged once.
    Without a model it judges by simple rules, and its judgements say so.
    """
    speak_plainly()
    if supervised:
        lifeline.hold()
    from classifiers.worker import yield_to_others  # before what loads numpy

    yield_to_others()
    from assay.housekeeping import Housekeeping, pruning
    from assay.metering import Tally
    from classifiers.errors import ModelError
    from classifiers.judge import load_judge
    from classifiers.worker import Drained, drain
    from ledger.keys import key_file
    from ledger.store import Ledger

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ledger, tally, stack = Ledger.open(settings.ledger.path), Tally(), ExitStack()
    try:
        judge = load_judge(settings.classifier.model, settings.classifier.backend)
        say(f"the classifier {judge.name} judges the turns of {settings.ledger.path}")
        if supervised:
            lifeline.announce(judge.name)
        if settings.classifier.metrics:
            from assay.metering import classifier_metrics, metering

            metrics = classifier_metrics(tally, settings.ledger.path)
            stack.enter_context(metering(settings.classifier.metrics, "classifier.metrics", metrics))
        keep_text_seconds = settings.ledger.keep_text_days * DAY_SECONDS
        keys = keys_of(settings.ledger.path)

        def progress(done: Drained) -> None:
            if done.lost and not tally.lost:
                say(
                    "turns wait whose text cannot be read any more, as the key file is another one: they count as "
                    f"noise (restore {key_file(settings.ledger.path)} from a backup, for those to come)"
                )
            tally(done)

        steps = {"pruning": pruning(ledger.pruning, retention_of(settings), settings.ledger.path)}
        housekeeping = Housekeeping(steps)
        done = drain(
            ledger,
            judge,
            keys=keys,
            once=once,
            stop=stop,
            keep_text_seconds=keep_text_seconds,
            progress=progress,
            tidy=housekeeping.tidy,
        )
    except ModelError as error:
        raise Failure(str(error)) from None
    finally:
        stack.close()
        ledger.close()
    say(f"the classifier has ended: {done.judged} turns judged, {done.fallen_back} of them by rules")
