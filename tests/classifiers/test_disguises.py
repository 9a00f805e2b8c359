"""A disguise keeps the ask, varies without end, and is the same for the same dice."""

from random import Random

import pytest

from classifiers.disguises import DRESSES, Dress, dress, stripped

ASK = "when does the library close?"
ADDING = [put_on for put_on in DRESSES if put_on is not stripped]


@pytest.mark.parametrize("put_on", ADDING, ids=lambda put_on: put_on.__name__)
def test_it_adds_to_the_ask_and_leaves_no_blank(put_on: Dress) -> None:
    for dice in range(60):
        dressed = put_on(ASK, Random(dice))
        assert ASK in dressed
        assert len(dressed) > len(ASK)
        assert not any(f"{{{blank}}}" in dressed for blank in ("n", "m", "k", "x", "y", "z", "w", "v", "q", "role"))


def test_it_varies_and_is_the_same_for_the_same_dice() -> None:
    drawn = [dress(ASK, Random(dice)) for dice in range(300)]
    assert len(set(drawn)) > 200
    assert drawn == [dress(ASK, Random(dice)) for dice in range(300)]
