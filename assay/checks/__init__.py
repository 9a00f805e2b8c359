"""What `assay doctor` looks at. Each check gives findings, and raises nothing."""

from collections.abc import Callable, Iterator

from assay.checks.clock import clock
from assay.checks.finding import Finding
from assay.checks.identity import identity
from assay.checks.ledger import ledger
from assay.checks.model import model
from assay.checks.monitoring import monitoring
from assay.checks.privacy import privacy
from assay.checks.trust import trust
from assay.checks.upstream import upstream
from config.settings import Settings

CHECKS: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
    ("Assistant", upstream),
    ("Clock", clock),
    ("Certificate authority", trust),
    ("Ledger", ledger),
    ("People and teams", identity),
    ("Classifier", model),
    ("Privacy", privacy),
    ("Monitoring", monitoring),
)
