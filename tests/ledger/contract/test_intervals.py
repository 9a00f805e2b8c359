"""Intervals, in either store."""

from tests.ledger.test_intervals import *  # noqa: F403
