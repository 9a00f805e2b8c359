"""`tests/ledger/test_migrations.py` on PostgreSQL."""

from tests.ledger.test_migrations import *  # noqa: F403
