"""How every judge writes down what it found: the score from the probabilities, and the rubric's fixed rules."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifiers.automation import made_by
from ledger.records import Judgement, PendingTurn, utc

# A judgement, and the ask's embedding (dim,) of unit length, by which asks that mean the same lie close.
# None: there is none.
Weighed = tuple[Judgement, npt.NDArray[np.float32] | None]


def judgement(
    turn: PendingTurn,
    classifier: str,
    *,
    level: int,
    probabilities: Sequence[float],
    category: str,
    work: bool | None,
    lang: str | None,
    reasons: tuple[str, ...],
) -> Judgement:
    """Make a judgement. What a program sent is level 0 (rubric rule 7), whatever it asks for."""
    if (what := made_by(turn.text)) is not None:
        category, reasons = "automation", (f"bears the mark of a program: {what}", *reasons)
    if category == "automation":
        level, probabilities = 0, (1.0, 0.0, 0.0, 0.0, 0.0)
    total = sum(probabilities)
    p0, p1, p2, p3, p4 = (float(share) / total for share in probabilities)
    return Judgement(
        turn_id=turn.id,
        classifier=classifier,
        at=utc(time.time()),
        level=level,
        score=p1 + 2 * p2 + 3 * p3 + 4 * p4,
        probabilities=(p0, p1, p2, p3, p4),
        category=category,
        work=work,
        novelty=1.0,
        attention=1.0,
        duplicate_of=None,
        lang=lang,
        reasons=reasons,
    )
