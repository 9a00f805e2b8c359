"""Hashed n-grams."""

from zlib import crc32

import numpy as np
import pytest

from classifiers import lexical
from classifiers.views import view
from ledger.records import Message


def test_the_same_text_gives_the_same_buckets() -> None:
    """The hash depends on nothing but the text, or a shipped head would mean nothing elsewhere."""
    buckets, counts = lexical.features(view("Fix the leak"))
    assert dict(zip(buckets.tolist(), counts.tolist(), strict=True))[crc32(b"wfix the") % lexical.BUCKETS] == 1
    assert ((buckets >= 0) & (buckets < lexical.BUCKETS)).all()


def test_what_was_said_before_hashes_apart() -> None:
    """A word of the conversation is another feature than the same word in the ask."""
    alone, _ = lexical.features(view("yes"))
    after, _ = lexical.features(view("yes", (Message("user", "yes"),)))
    assert set(alone.tolist()) < set(after.tolist())


def test_the_score_is_a_projection_on_unit_length() -> None:
    """With all weights one and equal rarity, a single feature seen any number of times scores one."""
    ones = np.ones(lexical.BUCKETS, np.float32)
    assert lexical.dot((np.array([5], np.int32), np.array([3.0], np.float32)), ones, ones) == pytest.approx(1.0)
    assert lexical.dot(lexical.features(view("")), ones, ones) == 0.0
