"""`tests/ledger/test_audit.py` on PostgreSQL."""

from tests.ledger.test_audit import *  # noqa: F403
