"""`tests/ledger/test_store.py` on PostgreSQL."""

from tests.ledger.test_store import *  # noqa: F403
