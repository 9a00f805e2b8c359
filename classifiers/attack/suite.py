"""Runs the attacks against a judge and counts what they gain. What is measured is the judge alone.

Novelty, attention and folding, which take the worth out of repeats and loops, come after it and are left out here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from classifiers.attack.attacks import ATTACKS, PREFIX, Attack
from classifiers.attack.bank import PAIRS, read_bank
from classifiers.attack.bases import Bases, shuffled
from classifiers.attack.report import SUBSTANTIVE, Mirror, Outcome, Report
from classifiers.attack.search import PROMPTS, search
from classifiers.judge import Judge
from classifiers.labelled import Asked
from classifiers.scoring import Scored, score
from ledger.records import DEFAULT_WEIGHTS

Progress = Callable[[str, int, int], None]
Rate = Callable[[Sequence[Asked]], list[Scored]]
BUDGET = 1600  # prompts that the search for a prefix may have judged


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dressed prompt and what it is worth without its dress: weights, 0.0 to 1.0."""

    least: float  # of the plain prompt as judged; 0.0 where there is none
    fair: float  # the same, or what the label or the rubric grants where that is more
    lifted_before: bool  # the plain prompt was judged substantive already, so that nothing lifts it
    dressed: Asked

    def inflation(self, weight: float) -> float:
        """Give what `weight` has over the fair one, or lacks of the least."""
        return max(0.0, weight - self.fair) + min(0.0, weight - self.least)


def run(
    judge: Judge,
    bases: Bases,
    attacks: Iterable[Attack] = ATTACKS,
    *,
    seed: int = 7,
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> Report:
    """Run attacks in their order, then the mirror's pairs."""
    tell = progress or (lambda stage, done, total: None)

    def rate(stage: str, asked: Sequence[Asked]) -> list[Scored]:
        rated = []
        for one in score(judge, asked):
            rated.append(one)
            tell(stage, len(rated), len(asked))
        return rated

    trivial = dict(zip(bases.trivial, rate("plain prompts", bases.trivial), strict=True))
    genuine = dict(zip(bases.genuine, rate("genuine prompts", bases.genuine), strict=True))
    outcomes, prefix = [], None
    for attack in attacks:
        if attack.name == PREFIX:
            order = shuffled(bases.trivial, seed + 1)
            shown = max(1, min(PROMPTS, len(order) // 2))
            found = search(judge, order[:shown], seed, budget, lambda done, total: tell("search", done, total))
            prefix = found.prefix
            held = order[shown:] or order
            attempts = dressed({one: trivial[one] for one in held}, attack, put_before(prefix), seed)
            mirrored = dressed(genuine, attack, put_before(prefix), seed)
        elif attack.dress is not None:
            attempts = dressed(trivial, attack, attack.dress, seed)
            mirrored = dressed(genuine, attack, attack.dress, seed)
        else:
            attempts, mirrored = banked(attack, lambda asked, name=attack.name: rate(name, asked)), []  # type: ignore[misc]
        rated = rate(attack.name, [attempt.dressed for attempt in attempts])
        kept = rate(f"{attack.name}, mirror", [attempt.dressed for attempt in mirrored])
        outcomes.append(counted(attack, attempts, rated, mirrored, kept))
    return Report(
        judge=judge.name,
        seed=seed,
        trivial=len(trivial),
        trivial_over=sum(one.level >= SUBSTANTIVE for one in trivial.values()),
        genuine=len(genuine),
        genuine_over=sum(one.level >= SUBSTANTIVE for one in genuine.values()),
        outcomes=tuple(outcomes),
        mirrors=mirrors(lambda asked: rate("pairs", asked)),
        prefix=prefix,
    )


def dressed(
    plain: dict[Asked, Scored], attack: Attack, dress: Callable[[str, Random], str], seed: int
) -> list[Attempt]:
    """Dress prompts, each with its own dice, so that no attack depends on which others run."""
    allowed = DEFAULT_WEIGHTS[attack.allows]
    return [
        Attempt(
            rated.weight,
            max(rated.weight, allowed),
            rated.level >= SUBSTANTIVE,
            Asked(one.id, dress(one.text, Random(f"{seed} {attack.name} {one.id}")), ()),  # noqa: S311 - no secrets
        )
        for one, rated in plain.items()
    ]


def put_before(prefix: str) -> Callable[[str, Random], str]:
    """Make a dress of a prefix."""
    return lambda text, random: prefix + text


def banked(attack: Attack, rate: Rate) -> list[Attempt]:
    """Take a bank's prompts: beside their plain wording as judged, or beside their label."""
    entries = read_bank(attack.bank or "")
    plain = list(dict.fromkeys(Asked("", entry.plain.text, ()) for entry in entries if entry.plain))
    judged = {one.text: rated for one, rated in zip(plain, rate(plain), strict=True)}
    attempts = []
    for entry in entries:
        rated = judged[entry.plain.text] if entry.plain else None
        least, fair = (rated.weight, rated.weight) if rated else (0.0, DEFAULT_WEIGHTS[entry.item.level])
        attempts.append(Attempt(least, fair, bool(rated and rated.level >= SUBSTANTIVE), entry.item.asked))
    return attempts


def counted(
    attack: Attack,
    attempts: Sequence[Attempt],
    rated: Sequence[Scored],
    mirrored: Sequence[Attempt],
    kept: Sequence[Scored],
) -> Outcome:
    """Count what an attack gained, and what its dress took from genuine prompts."""
    could = [one for attempt, one in zip(attempts, rated, strict=True) if not attempt.lifted_before]
    were = [one for attempt, one in zip(mirrored, kept, strict=True) if attempt.lifted_before]
    inflation = sum(attempt.inflation(one.weight) for attempt, one in zip(attempts, rated, strict=True)) / len(attempts)
    return Outcome(
        attack=attack.name,
        what=attack.what,
        tried=len(attempts),
        inflation=inflation,
        lifted=sum(one.level >= SUBSTANTIVE for one in could),
        liftable=len(could),
        seconds=attack.seconds,
        kept=sum(one.level >= SUBSTANTIVE for one in were),
        keepable=len(were),
    )


def mirrors(rate: Rate) -> tuple[Mirror, ...]:
    """Judge the pairs: genuine asks, very short and in long dress."""
    entries = read_bank(PAIRS)
    short = rate([entry.item.asked for entry in entries])
    long = rate([entry.dressed for entry in entries if entry.dressed])
    return (
        Mirror("very short, no dress", sum(one.level >= SUBSTANTIVE for one in short), len(short)),
        Mirror("the same in long dress", sum(one.level >= SUBSTANTIVE for one in long), len(long)),
    )
