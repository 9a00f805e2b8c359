"""Repeats in the built set, found by wording alone: what the rules judge has, and every judge at least."""

from bench.novelty import NEW, WORDED, found, read_pairs

KINDS = {"verbatim", "typo", "paraphrase", "translated", "replay", "template", "topic", "reask", "follow-up"}


def test_the_set_has_all_kinds_in_both_halves() -> None:
    pairs = read_pairs()
    assert len(pairs) >= 250
    for half in (0, 1):
        assert {pair.kind for pair in pairs if pair.part == half} == KINDS


def test_wording_alone_finds_repeats_and_raises_no_alarm() -> None:
    """In all parts, as nothing here was fitted."""
    pairs = read_pairs()
    taken = found(pairs, None)
    worded = [one for pair, one in zip(pairs, taken, strict=True) if pair.kind in WORDED]
    new = [one for pair, one in zip(pairs, taken, strict=True) if pair.kind in NEW]
    verbatim = [one for pair, one in zip(pairs, taken, strict=True) if pair.kind == "verbatim"]
    assert sum(verbatim) / len(verbatim) >= 0.98
    assert sum(worded) / len(worded) >= 0.8
    assert sum(new) / len(new) <= 0.02
