"""`tests/ledger/test_publication.py` on PostgreSQL."""

from tests.ledger.test_publication import *  # noqa: F403
