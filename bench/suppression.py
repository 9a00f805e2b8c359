"""A week of an invented company, as it is and as it is shown: the example of docs/privacy.md.

Run as `python -m bench.suppression`.
"""

from collections.abc import Iterator

from ledger.suppression import Cell, shown, universe

FEW = 5
# Of each team: how many people, and how many of them use each assistant. Everybody asks ten things.
COMPANY = {
    "Platform": (8, {"OpenAI": 8, "Anthropic": 6}),
    "Sales": (6, {"OpenAI": 6}),
    "Legal": (3, {"Anthropic": 3}),
    "Press": (2, {"OpenAI": 2}),
    "Board": (1, {"OpenAI": 1}),
}


def cells() -> Iterator[Cell]:
    """Invent who did what."""
    first = 0
    for team, (people, assistants) in COMPANY.items():
        for assistant, users in assistants.items():
            for person in range(first, first + users):
                yield Cell(f"{person:016x}", team, "coding", assistant, "large", 10, 10, 10, 0, 4.0)
        first += people


def main() -> None:
    print(f"{'':<34}{'people':>7}{'turns':>7}")
    for row in shown(universe(list(cells()), FEW), FEW):
        if row.category is None and row.model is None and row.cause is None:
            name = " x ".join(filter(None, (row.team, row.assistant))) or "all"
            print(f"{name:<34}{row.people:>7}{row.turns:>7}")


if __name__ == "__main__":
    main()
