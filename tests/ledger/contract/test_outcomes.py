"""`tests/ledger/test_outcomes.py` on PostgreSQL."""

from tests.ledger.test_outcomes import *  # noqa: F403
