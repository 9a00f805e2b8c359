"""`tests/ledger/test_traces.py` on PostgreSQL."""

from tests.ledger.test_traces import *  # noqa: F403
