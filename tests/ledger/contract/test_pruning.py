"""`tests/ledger/test_pruning.py` on PostgreSQL."""

from tests.ledger.test_pruning import *  # noqa: F403
