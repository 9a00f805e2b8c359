"""What a run of the attacks found, beside the bars. Figures only: never a prompt, but for a prefix of our own words."""

from dataclasses import dataclass
from typing import Any

SUBSTANTIVE = 3  # the level that attacks aim for
INFLATION_UNDER = 0.08  # mean weight
LIFTED_AT_MOST = 0.05
PREFIX_LIFTED_UNDER = 0.10
KEPT_AT_LEAST = 0.90
NOTHING = 0.0005  # mean weight under which an attack gains nothing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attack gained."""

    attack: str
    what: str
    tried: int
    inflation: float  # mean weight over what the prompts are worth, -1.0 to 1.0
    lifted: int  # judged substantive or deep, and not so when plain
    liftable: int  # not judged so when plain
    seconds: float  # a person's effort a prompt: our estimate
    kept: int  # genuine prompts judged substantive or deep, plain and in this dress
    keepable: int  # genuine prompts judged so when plain; 0: the attack dresses none

    @property
    def lifted_share(self) -> float:
        """Give the share lifted, 0 to 1."""
        return share(self.lifted, self.liftable) or 0.0

    @property
    def kept_share(self) -> float | None:
        """Give the share of genuine prompts that keep their level; None: none was dressed."""
        return share(self.kept, self.keepable)

    @property
    def seconds_a_point(self) -> float | None:
        """Give a person's seconds for a whole point of weight, as one deep turn has; None: nothing is gained."""
        return self.seconds / self.inflation if self.inflation >= NOTHING else None

    @property
    def inflation_met(self) -> bool:
        """Tell whether mean inflation is under its bar."""
        return self.inflation < INFLATION_UNDER

    @property
    def lifted_met(self) -> bool:
        """Tell whether few enough are lifted. A searched prefix has its own bar."""
        if self.attack == "searched-prefix":
            return self.lifted_share < PREFIX_LIFTED_UNDER
        return self.lifted_share <= LIFTED_AT_MOST

    @property
    def kept_met(self) -> bool:
        """Tell whether enough genuine prompts keep their level."""
        return self.kept_share is None or self.kept_share >= KEPT_AT_LEAST


@dataclass(frozen=True, slots=True)
class Mirror:
    """How many genuine asks of the bank are judged substantive or deep."""

    what: str
    kept: int
    of: int

    @property
    def met(self) -> bool:
        """Tell whether they are enough."""
        return self.kept >= KEPT_AT_LEAST * self.of


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found."""

    judge: str
    seed: int
    trivial: int  # prompts labelled 0 or 1, without dress
    trivial_over: int  # of them, judged substantive or deep all the same
    genuine: int  # prompts labelled 3 or 4, without dress
    genuine_over: int  # of them, judged substantive or deep
    outcomes: tuple[Outcome, ...]
    mirrors: tuple[Mirror, ...]
    prefix: str | None  # the best that was found; None: none was searched for

    @property
    def met(self) -> bool:
        """Tell whether every bar is met."""
        return all(one.inflation_met and one.lifted_met and one.kept_met for one in self.outcomes) and all(
            mirror.met for mirror in self.mirrors
        )

    def as_json(self) -> dict[str, Any]:
        """Give everything as plain values."""
        return {
            "judge": self.judge,
            "seed": self.seed,
            "met": self.met,
            "bars": {
                "inflation under": INFLATION_UNDER,
                "lifted at most": LIFTED_AT_MOST,
                "lifted by a searched prefix under": PREFIX_LIFTED_UNDER,
                "kept at least": KEPT_AT_LEAST,
            },
            "plain": {
                "trivial": self.trivial,
                "trivial judged substantive": self.trivial_over,
                "genuine": self.genuine,
                "genuine judged substantive": self.genuine_over,
            },
            "attacks": [outcome_json(one) for one in self.outcomes],
            "mirror": [
                {"genuine asks": one.what, "kept": one.kept, "of": one.of, "met": one.met} for one in self.mirrors
            ],
            "prefix": self.prefix,
        }


def outcome_json(one: Outcome) -> dict[str, Any]:
    """Give one attack's figures as plain values."""
    effort = one.seconds_a_point
    kept = one.kept_share
    return {
        "attack": one.attack,
        "tried": one.tried,
        "inflation": round(one.inflation, 4),
        "inflation met": one.inflation_met,
        "lifted": one.lifted,
        "liftable": one.liftable,
        "lifted share": round(one.lifted_share, 4),
        "lifted met": one.lifted_met,
        "effort seconds": round(one.seconds, 2),
        "effort seconds a point": None if effort is None else round(effort),
        "kept": one.kept,
        "keepable": one.keepable,
        "kept share": None if kept is None else round(kept, 4),
        "kept met": one.kept_met,
    }


def share(part: int, whole: int) -> float | None:
    """Give a share, 0 to 1; None of nothing."""
    return part / whole if whole else None
