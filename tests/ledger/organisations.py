"""Invents organisations: who did what in a week, as awkward as can be for whoever must not be told apart."""

from hypothesis import strategies as st

from ledger.suppression import Cell

TEAMS = ("A", "B", "C", "(no team)")
CATEGORIES = ("chat", "coding", "data", "(not judged)")
ASSISTANTS = ("OpenAI", "Anthropic")
MODELS = ("large", "small", "(no model)")
CAUSES = ("(no air)", "noise", "repeats")


@st.composite
def cells(draw: st.DrawFn, people: int = 12, sides: int = 4, causes: bool = True) -> list[Cell]:
    """Up to that many people. Most stay in one team and one assistant, as people do; some are in several."""
    found: dict[tuple[str, ...], Cell] = {}
    for person in range(draw(st.integers(0, people))):
        name = f"{person:016x}"
        teams = draw(st.lists(st.sampled_from(TEAMS), min_size=1, max_size=2, unique=True))
        assistants = draw(st.lists(st.sampled_from(ASSISTANTS), min_size=1, max_size=2, unique=True))
        for _ in range(draw(st.integers(1, 4))):
            team, assistant = draw(st.sampled_from(teams)), draw(st.sampled_from(assistants))
            category = draw(st.sampled_from(CATEGORIES))
            model = draw(st.sampled_from(MODELS if sides == 4 else MODELS[:1]))
            turns = draw(st.integers(1, 3))
            judged = 0 if category == "(not judged)" else turns
            cause = draw(st.sampled_from(CAUSES if causes and sides == 4 else CAUSES[:1])) if judged else "(not judged)"
            key = (name, team, category, assistant, model)
            found[*key, cause] = Cell(*key, 2 * turns, turns, judged, 0, 0.5 * judged, cause)
    return list(found.values())
