"""How often judgements are contested: the error that people tell, beside the one that labels show."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from math import sqrt

from ledger.contests import Contested
from ledger.records import LEVELS

SURE = 1.96  # standard errors to each side of a 95 % interval


def render(counted: Sequence[Contested], as_json: bool) -> str:
    """Write the counts with their shares, in Markdown or JSON."""
    if as_json:
        return json.dumps([asdict(each) | {"share": each.contested / each.judged} for each in counted], indent=2)
    if not counted:
        return "No level has judged turns of enough people to tell of: see `assay report`."
    lines = ["| classifier | level | judged | contested | share | 95 % | they say |", "| --- " * 7 + "|"]
    for each in counted:
        low, high = interval(each.contested, each.judged)
        wanted = "" if each.wanted is None else f"{each.wanted:.1f}"
        lines.append(
            f"| {each.classifier} | {LEVELS[each.level]} | {each.judged:,} | {each.contested:,} |"
            f" {each.contested / each.judged:.1%} | {low:.1%} to {high:.1%} | {wanted} |"
        )
    return "\n".join([*lines, "", "Who does not contest may not have looked: the share is a lower bound."])


def interval(part: int, of: int) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share."""
    share, squared = part / of, SURE**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = SURE / (1 + squared / of) * sqrt(share * (1 - share) / of + squared / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)
