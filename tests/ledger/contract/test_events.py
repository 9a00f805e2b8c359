"""`tests/ledger/test_events.py` on PostgreSQL."""

from tests.ledger.test_events import *  # noqa: F403
