"""Says why a turn got its level, in short sentences for people: signals and exemplars, never text of the prompt.

Leaves out the probabilities, which stand beside them. Every word is stored with every turn: they are kept short.
"""

from collections.abc import Sequence

from classifiers.exemplars import Near, likened
from classifiers.head import Marks
from classifiers.signals import NAMES
from ledger.records import CATEGORIES

MOST = 5  # sentences
SENTENCES = (  # signal, least value at which it is worth saying, what is said
    ("machine", 0.6, "reads as sent by a program"),
    ("assent", 0.6, "agrees to go on, so it carries the work agreed to"),
    ("short_in_conversation", 0.5, "short, so read with the conversation before it"),
    ("material_share", 0.3, "brings material of its own"),
    ("trouble_in_material", 0.5, "the material shows an error"),
    ("work_through", 0.6, "asks to work something through"),
    ("constraint", 1.0, "states several conditions"),
    ("numbers", 1.3, "gives figures"),
    ("named", 1.3, "names specific things"),
    ("items", 1.0, "lists several points"),
    ("questions", 1.0, "asks several questions"),
    ("small_deliverable", 0.6, "asks for something small"),
    ("closed_question", 0.6, "is a plain question"),
    ("courtesy", 0.6, "is polite or chatty, which adds nothing"),
    ("self_praise", 0.6, "claims a role or importance, which adds nothing"),
)


def reasons(marks: Marks, row: int, near: Sequence[Near] = ()) -> tuple[str, ...]:
    """Give the sentences for one turn, the most telling first; `near` are the exemplars nearest to it."""
    category = marks.category(row)
    said = [f"looks like {CATEGORIES[category]} ({marks.categories[row][category]:.0%})"]
    if (like := likened(near)) is not None:
        said.append(like)
    values = dict(zip(NAMES, marks.signals[row], strict=True))
    said.extend(sentence for name, least, sentence in SENTENCES if values[name] >= least)
    return tuple(said[:MOST])
