"""`tests/ledger/test_history.py` on PostgreSQL."""

from tests.ledger.test_history import *  # noqa: F403
