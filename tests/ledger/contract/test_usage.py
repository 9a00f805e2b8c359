"""`tests/ledger/test_usage.py` on PostgreSQL."""

from tests.ledger.test_usage import *  # noqa: F403
