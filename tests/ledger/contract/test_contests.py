"""`tests/ledger/test_contests.py` on PostgreSQL."""

from tests.ledger.test_contests import *  # noqa: F403
