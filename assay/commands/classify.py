"""`assay classify`: drains the ledger's unjudged turns."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing

import click

from assay import lifeline
from assay.access import say_open
from assay.cores import leave_no_core
from assay.failure import Failure, say, speak_plainly
from assay.options import with_settings
from assay.patience import patiently
from assay.places import key_of, keys_of, open_ledger, refuse_wrong_ledger
from assay.publishing import publishing, set_smallest
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
    leave_no_core()
    if supervised:
        lifeline.hold()
    from classifiers.worker import yield_to_others  # before what loads numpy

    yield_to_others()
    from assay.housekeeping import Housekeeping, key_destruction, pruning
    from classifiers.errors import ModelError
    from classifiers.judge import load_judge
    from classifiers.worker import Drained, drain

    path = settings.ledger.path
    refuse_wrong_ledger(settings.ledger)
    say_open(settings.ledger.file)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        judge = load_judge(settings.classifier.model, settings.classifier.backend)
    except ModelError as error:
        raise Failure(str(error)) from None
    said = f"the classifier {judge.name} judges the turns of {path}"
    if not once:
        say(said)
    if supervised:
        lifeline.announce(judge.name)
    done = Drained()
    tally: Callable[[Drained], None] | None = None

    def work() -> None:
        """Judge over one connection. What earlier ones did is done."""
        keys, before = keys_of(settings.ledger), done

        def progress(more: Drained) -> None:
            nonlocal done
            if more.lost and not done.lost:
                say(
                    "turns wait whose text cannot be read any more, as the key file is another one: they count as "
                    f"noise (restore {key_of(settings.ledger)} from a backup, for those to come)"
                )
            done = before + more
            if tally:
                tally(done)

        with closing(open_ledger(settings.ledger)) as ledger:
            if once:
                say(said)
            set_smallest(ledger.policy, settings)
            retention = retention_of(settings)
            steps = {
                "publishing": publishing(ledger.publication),
                "pruning": pruning(ledger.pruning, retention, path),
                "the destruction of old keys": key_destruction(keys, retention),
            }
            drain(
                ledger,
                judge,
                keys=keys,
                once=once,
                stop=stop,
                keep_text_seconds=settings.ledger.keep_text_days * DAY_SECONDS,
                progress=progress,
                tidy=Housekeeping(steps).tidy,
            )

    with ExitStack() as stack:
        if settings.classifier.metrics:
            from assay.metering import Tally, classifier_metrics, metering

            tally = Tally()
            metrics = classifier_metrics(tally, path)
            stack.enter_context(metering(settings.classifier.metrics, "classifier.metrics", metrics))
        if once:
            work()
        else:
            patiently(work, stop, say, "the classifier")
    say(f"the classifier has ended: {done.judged} turns judged, {done.fallen_back} of them by rules")
