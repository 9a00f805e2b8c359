"""Says in plain lines why a turn got its value. Leaves out what was asked, and who asked."""

from collections.abc import Iterator

from ledger.records import LEVELS
from ledger.usage import Explained


def render(turn_id: int, turn: Explained) -> str:
    """Write the explanation of one turn."""
    return "\n".join(_lines(turn_id, turn))


def _lines(turn_id: int, turn: Explained) -> Iterator[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in turn.calls.items()) or "none"
    yield f"Turn {turn_id}, {turn.at}, {turn.assistant}, {turn.client or 'client unknown'}"
    yield f"calls       {sum(turn.calls.values())} ({kinds})"
    if turn.classifier is None or turn.level is None:
        yield "judgement   none yet: `assay classify` judges what waits"
        return
    shares = ", ".join(f"{name} {share:.0%}" for name, share in zip(LEVELS, turn.probabilities, strict=True))
    yield f"judgement   level {turn.level} ({LEVELS[turn.level]}), expected {turn.score:.2f}, by {turn.classifier}"
    yield f"levels      {shares}"
    yield f"category    {turn.category}"
    for place, reason in enumerate(turn.reasons):
        yield f"{'' if place else 'why':<12}{reason}"
    yield f"weight      {turn.weight:.2f} (of level {turn.level} since {turn.weight_from})"
    repeats = "" if turn.duplicate_of is None else f" (repeats turn {turn.duplicate_of})"
    yield f"novelty     {turn.novelty:.2f}{repeats}"
    yield f"attention   {turn.attention:.2f}"
    why = "automation is worth nothing" if turn.category == "automation" else "weight x novelty x attention"
    yield f"value       {turn.value:.2f} = {why}"
