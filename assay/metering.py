"""Says what the parts count as metrics, and serves them where the settings say. docs/monitoring.md lists them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.failure import MISUSED, Failure, say
from config.settings import split_address
from ledger.address import Place
from ledger.errors import LedgerError
from reports.metrics import Metric, Number, Spread, serve

if TYPE_CHECKING:
    from classifiers.worker import Drained
    from ledger.usage import Waiting
    from proxy.capture import Capture
    from proxy.intake import Intake
    from reports.console.counting import Counting
    from reports.console.figures import Figures


@contextmanager
def metering(address: str, setting: str, metrics: Sequence[Metric]) -> Iterator[None]:
    """Serve metrics while the block runs. Without an address they are served nowhere. Raises
    Failure where nobody can listen there."""
    if not address:
        yield
        return
    host, port = split_address(address)
    try:
        end, bound = serve(metrics, host, port)
    except OSError as error:
        raise Failure(
            f"{setting} {address} cannot be listened on ({(error.strerror or 'unknown').lower()}): name another",
            MISUSED,
        ) from None
    say(f"metrics are at http://{host}:{bound}/metrics")
    try:
        yield
    finally:
        end()


def proxy_metrics(capture: "Capture", intake: "Intake") -> list[Metric]:
    """Say what the proxy counts, since it began."""
    seen, entered = capture.counts, intake.counts
    return [
        Number(
            "assay_calls",
            "Calls in the ledger, by kind.",
            "counter",
            lambda: {(kind,): count for kind, count in dict(entered.kinds).items()},
            ("kind",),
        ),
        Number("assay_turns", "Turns that were opened.", "counter", lambda: entered.turns),
        Number("assay_request_bytes", "Bytes of calls' requests.", "counter", lambda: entered.request_bytes),
        Number("assay_response_bytes", "Bytes of calls' answers.", "counter", lambda: entered.response_bytes),
        Number(
            "assay_passed_exchanges", "Exchanges that are no calls and passed unread.", "counter", lambda: seen.passed
        ),
        Number(
            "assay_unreadable_answers",
            "Answers whose usage is not known.",
            "counter",
            lambda: entered.unreadable_answers,
        ),
        Number("assay_lost_calls", "Calls that passed and are not in the ledger.", "counter", lambda: entered.lost),
        Number("assay_cut_requests", "Requests copied in part.", "counter", lambda: seen.cut),
        Number("assay_missed_answers", "Answers copied in part.", "counter", lambda: seen.missed),
        Number("assay_late_calls", "Answers passed on before their call was durable.", "counter", lambda: seen.late),
        Number(
            "assay_ledger_refusals", "Tries to write that the ledger refused.", "counter", lambda: entered.ledger_faults
        ),
        Number(
            "assay_faults",
            "Bugs of Assay's own that were met, by where. Traffic passed.",
            "counter",
            lambda: {("tee",): seen.tee_faults, ("sink",): seen.sink_faults, ("intake",): entered.faults},
            ("where",),
        ),
        Number("assay_queue_bytes", "What waits to be written to the ledger.", "gauge", lambda: intake.waiting_bytes),
        Number("assay_open_exchanges", "Exchanges under way.", "gauge", lambda: capture.under_way),
        Spread(
            "assay_added_delay_seconds", "How long answers waited for their call to be durable.", capture.waits.read
        ),
    ]


class Tally:
    """What a classifier says that it has done so far."""

    def __init__(self) -> None:
        self.judged = self.fallen_back = self.lost = 0

    def __call__(self, done: "Drained") -> None:
        self.judged, self.fallen_back, self.lost = done.judged, done.fallen_back, done.lost


def classifier_metrics(tally: Tally, ledger: Place) -> list[Metric]:
    """Say what the classifier counts since it began, and what waits in the ledger for it."""
    return [
        Number("assay_judged_turns", "Turns that were judged.", "counter", lambda: tally.judged),
        Number(
            "assay_fallen_back_turns",
            "Turns judged by rules, as the model failed.",
            "counter",
            lambda: tally.fallen_back,
        ),
        Number(
            "assay_lost_text_turns",
            "Turns judged without their text, as its key is gone.",
            "counter",
            lambda: tally.lost,
        ),
        Number("assay_waiting_turns", "Turns that wait for their judgement.", "gauge", lambda: _waiting_turns(ledger)),
        Number(
            "assay_waiting_seconds", "How long the oldest of them waits.", "gauge", lambda: _waiting_seconds(ledger)
        ),
        Number("assay_ledger_bytes", "Size of the ledger with its write-ahead log.", "gauge", lambda: _size(ledger)),
    ]


def console_metrics(counting: "Counting", figures: "Figures") -> list[Metric]:
    """Say what the console counts since it began, and how old its copy of the ledger's figures is."""
    return [
        Number(
            "assay_console_requests",
            "Requests to the console, by page and class of the answer's status.",
            "counter",
            counting.requests,
            ("page", "status"),
        ),
        Number(
            "assay_console_refused_sign_ins",
            "Names and passwords that the console did not take.",
            "counter",
            lambda: counting.refused_sign_ins,
        ),
        Number(
            "assay_console_copy_age_seconds",
            "How long ago the console's copy was known to be as the ledger is.",
            "gauge",
            lambda: figures.age,
        ),
        Spread("assay_console_request_seconds", "How long the console took to answer.", counting.durations),
    ]


def _waiting(ledger: Place) -> "Waiting | None":
    from ledger.store import Ledger

    try:
        reading = Ledger.read(ledger)
    except LedgerError:
        return None
    try:
        return reading.waiting()
    except LedgerError:
        return None
    finally:
        reading.close()


def _waiting_turns(ledger: Place) -> float | None:
    return waiting.turns if (waiting := _waiting(ledger)) else None


def _waiting_seconds(ledger: Place) -> float | None:
    if (waiting := _waiting(ledger)) is None:
        return None
    return max(0.0, time.time() - datetime.fromisoformat(waiting.since).timestamp()) if waiting.since else 0.0


def _size(ledger: Place) -> float | None:
    if not isinstance(ledger, Path):
        return None
    files = [file for file in (ledger, ledger.with_name(f"{ledger.name}-wal")) if file.exists()]
    return sum(file.stat().st_size for file in files) if files else None
