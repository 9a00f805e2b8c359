"""Tells whether figures, added and subtracted as one likes, say anything of too few people.

A figure is a sum over turns, so a weighted sum of figures gives each turn a weight: the sum of the weights of the rows
that it is in. What a reader can learn of a few people is a sum that weighs some of their turns and nobody else's.
"""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

Row = tuple[str, ...]
Column = tuple[Row, ...]
"""The rows of figures that a turn is in."""

Number = int | Fraction
Vector = dict[Row, Number]
ALL_PAIRS = 12  # of one person's columns; of more only those with the first


def unprotected(columns: Mapping[str, set[Column]], few: int) -> set[Column]:
    """Give columns that a weighted sum of rows may single out with turns of fewer than `few` people, by each person's
    columns. Nothing: there is no such sum. It errs on the safe side.

    Take any sum that weighs turns of fewer than `few` people. A column, or a difference of two of one person's columns,
    that `few` people have is then weighed 0, for one of them is not among those few, and none of her turns is weighed.
    So it goes on with what follows from that, until all columns are known to be weighed 0, or nothing more follows.
    """
    zero = _Span()
    left = dict(columns)
    reduced: dict[Column, Vector] = {column: dict.fromkeys(column, 1) for column in set().union(*left.values())}
    scaled = {column: _scaled(vector) for column, vector in reduced.items()}
    while True:
        vectors = {}
        for column in set().union(*left.values()):
            rest = zero.reduced(reduced[column])
            if rest and rest is not reduced[column]:
                reduced[column], scaled[column] = rest, _scaled(rest)
            if rest:
                vectors[column] = scaled[column]
        if not vectors:
            return set()
        left = {person: unknown for person, hers in left.items() if (unknown := hers & vectors.keys())}
        new = _shared({person: {vectors[column] for column in hers} for person, hers in left.items()}, few)
        if not new:
            return set(vectors)
        for vector in new:
            zero.add(dict(vector))


def _shared(vectors: Mapping[str, set[frozenset[tuple[Row, Number]]]], few: int) -> set[frozenset[tuple[Row, Number]]]:
    """Give the vectors that enough people have; where there are none, the differences of two that they have."""
    having: dict[frozenset[tuple[Row, Number]], int] = defaultdict(int)
    for hers in vectors.values():
        for vector in hers:
            having[vector] += 1
    if shared := {vector for vector, people in having.items() if people >= few}:
        return shared
    having.clear()
    for hers in vectors.values():
        ordered = sorted(hers, key=sorted)
        pairs = combinations(ordered, 2) if len(ordered) <= ALL_PAIRS else ((ordered[0], each) for each in ordered[1:])
        for vector in {_scaled(_difference(dict(one), dict(other))) for one, other in pairs}:
            having[vector] += 1
    return {vector for vector, people in having.items() if people >= few}


def _difference(one: Vector, other: Vector) -> Vector:
    left = dict(one)
    for row, number in other.items():
        left[row] = left.get(row, 0) - number
    return {row: number for row, number in left.items() if number}


def _scaled(vector: Vector) -> frozenset[tuple[Row, Number]]:
    """Give the same for all multiples of a vector."""
    first = vector[min(vector)]
    return frozenset((row, _divided(number, first)) for row, number in vector.items())


def _divided(number: Number, by: Number) -> Number:
    if by in (1, -1):
        return number * by
    result = Fraction(number) / by
    return int(result) if result.denominator == 1 else result


class _Span:
    """All sums of some vectors. Each of its pivots is written as a sum of rows that are none."""

    def __init__(self) -> None:
        self._written: dict[Row, Vector] = {}
        self._written_with: dict[Row, set[Row]] = defaultdict(set)

    def reduced(self, vector: Vector) -> Vector:
        """Take the span out of a vector: give itself where there is none of it, nothing where there is nothing else."""
        if not any(row in self._written for row in vector):
            return vector
        left: Vector = {}
        for row, number in vector.items():
            if (written := self._written.get(row)) is None:
                left[row] = left.get(row, 0) + number
                continue
            for into, factor in written.items():
                left[into] = left.get(into, 0) + number * factor
        return {row: number for row, number in left.items() if number}

    def add(self, vector: Vector) -> None:
        left = self.reduced(vector)
        if not left:
            return
        pivot = max(left, key=lambda row: (len(row), -len(self._written_with[row]), row))
        by = left.pop(pivot)
        written = {row: _divided(-number, by) for row, number in left.items()}
        for other in self._written_with.pop(pivot, set()):
            old = self._written[other]
            factor = old.pop(pivot)
            for row, number in written.items():
                old[row] = old.get(row, 0) + factor * number
                if old[row]:
                    self._written_with[row].add(other)
                else:
                    del old[row]
                    self._written_with[row].discard(other)
        self._written[pivot] = written
        for row in written:
            self._written_with[row].add(pivot)
