"""The search finds a prefix where there is one, keeps to its budget, and is the same for the same seed."""

from classifiers.attack.search import search
from classifiers.labelled import Asked
from tests.classifiers.attack.judges import ScriptedJudge, never_more_than_trivial

PROMPTS = [Asked(str(number), f"how many legs have {number} cats?", ()) for number in range(4)]


def weak(text: str) -> int:
    """Fall for two fragments, the more the better."""
    return min(4, 1 + 2 * ("Deadlock on" in text) + 2 * ("p99 is" in text))


def test_it_finds_what_a_judge_falls_for() -> None:
    found = search(ScriptedJudge(weak), PROMPTS, 7, 2000)
    assert "Deadlock on" in found.prefix
    assert "p99 is" in found.prefix
    assert found.gain == 3.0


def test_it_finds_nothing_where_there_is_nothing() -> None:
    found = search(ScriptedJudge(never_more_than_trivial), PROMPTS, 7, 400)
    assert (found.prefix, found.gain) == ("", 0.0)


def test_it_keeps_to_its_budget_and_says_how_far_it_is() -> None:
    judge, said = ScriptedJudge(weak), list[tuple[int, int]]()
    found = search(judge, PROMPTS, 7, 300, lambda done, total: said.append((done, total)))
    assert judge.seen == found.judged <= 300
    assert said[-1] == (found.judged, 300)


def test_the_same_seed_finds_the_same() -> None:
    assert search(ScriptedJudge(weak), PROMPTS, 3, 500) == search(ScriptedJudge(weak), PROMPTS, 3, 500)
