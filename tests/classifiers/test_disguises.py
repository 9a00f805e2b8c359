"""A disguise keeps the ask, varies without end, and is the same for the same dice."""

from random import Random

import pytest

from classifiers.disguises import DRESSES, Dress, Wardrobe, borrowed, dress, listed, scattered, stripped

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


STATEMENTS = [f"The {place} depot ships {place * 7} pallets each week." for place in range(40)]
WARDROBE = Wardrobe.of([*STATEMENTS, "Can you plan the route of the second lorry for us?"])


def test_it_borrows_only_sentences_that_ask_nothing() -> None:
    assert set(WARDROBE.statements) == set(STATEMENTS)
    assert "lorry" not in WARDROBE.words
    assert {"depot", "pallets"} <= set(WARDROBE.words)


def test_borrowed_dress_keeps_the_ask_and_is_drawn_now_and_then() -> None:
    drawn = [dress(ASK, Random(dice), WARDROBE) for dice in range(200)]
    assert 40 < sum("depot" in text for text in drawn) < 190
    for put_on in (borrowed, scattered):
        assert ASK in put_on(ASK, Random(1), WARDROBE)


def test_a_list_holds_every_ask_once() -> None:
    others = ["what is a hectare?", "capital of Peru", "spell rhythm"]
    for dice in range(20):
        lines = listed(ASK, others, Random(dice)).split("\n")
        assert len(lines) == 4
        assert sorted(line.split(" ", 1)[1] for line in lines) == sorted([ASK, *others])
