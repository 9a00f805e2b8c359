"""`tests/ledger/test_spools.py` on PostgreSQL."""

from tests.ledger.test_spools import *  # noqa: F403
