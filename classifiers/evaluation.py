"""Measures a judge against labels, beside baselines on the same items, with 95 % intervals. Nothing is learned on them.

It prints figures only, never a prompt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import baselines, measures
from classifiers.contrast import TARGET as CONTRAST_TARGET
from classifiers.contrast import contrast, lengths
from classifiers.errors import BadLine
from classifiers.judge import Judge
from classifiers.labelled import Labelled, read_labelled
from classifiers.scoring import BATCH, pending
from ledger.records import CATEGORIES, LEVELS, Judgement

Progress = Callable[[str, int, int], None]
TARGETS = {
    "spearman": 0.66,
    "quadratic kappa": 0.60,
    "auc level >= 3": 0.87,
    "auc level >= 2": 0.85,
    "calibration error": 0.05,
    "f1 chat": 0.90,
    "f1 automation": 0.90,
}
LENGTH_BANDS = ((0, 60), (60, 200), (200, 800), (800, 10**9))  # characters of the prompt
LEAST = 20  # items under which a slice is not shown


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with its 95 % interval."""

    figure: str
    value: float
    low: float
    high: float
    target: float | None  # the least that is wanted (for the calibration error, the most); None: no bar


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found."""

    judge: str
    items: int
    rows: tuple[Row, ...]  # the main figures
    slices: tuple[tuple[str, int, float, float], ...]  # name, items, spearman, quadratic kappa
    baselines: tuple[Row, ...]  # spearman of each
    confusion: tuple[tuple[int, ...], ...] = field(default=())  # [label][said]

    def as_json(self) -> dict[str, Any]:
        """Give everything as plain values; nan becomes None."""

        def plain(value: float) -> float | None:
            return None if value != value else round(value, 4)

        def row(r: Row) -> dict[str, Any]:
            return {
                "figure": r.figure,
                "value": plain(r.value),
                "low": plain(r.low),
                "high": plain(r.high),
                "target": r.target,
            }

        return {
            "judge": self.judge,
            "items": self.items,
            "figures": [row(r) for r in self.rows],
            "slices": [{"slice": n, "items": k, "spearman": plain(s), "kappa": plain(q)} for n, k, s, q in self.slices],
            "baselines": [row(r) for r in self.baselines],
            "confusion": [list(line) for line in self.confusion],
        }

    def markdown(self) -> str:
        """Write the report for people."""
        lines = [f"{self.judge} on {self.items} labelled prompts; 95 % intervals by bootstrap", ""]
        lines += ["| figure | value | 95 % | bar |", "| --- | --- | --- | --- |"]
        lines += [f"| {r.figure} | {r.value:.3f} | {r.low:.3f} to {r.high:.3f} | {bar(r)} |" for r in self.rows]
        lines += ["", "| slice | items | spearman | kappa |", "| --- | --- | --- | --- |"]
        lines += [f"| {name} | {n} | {rho:.3f} | {kappa:.3f} |" for name, n, rho, kappa in self.slices]
        if self.baselines:
            lines += ["", "| baseline (spearman, same items) | value | 95 % |", "| --- | --- | --- |"]
            lines += [f"| {r.figure} | {r.value:.3f} | {r.low:.3f} to {r.high:.3f} |" for r in self.baselines]
        lines += ["", f"| label \\ said | {' | '.join(LEVELS)} |", "| --- |" + " --- |" * 5]
        lines += [f"| {LEVELS[level]} | {' | '.join(map(str, said))} |" for level, said in enumerate(self.confusion)]
        return "\n".join(lines) + "\n"


def bar(row: Row) -> str:
    """Write a figure's bar and whether it is met."""
    if row.target is None:
        return ""
    met = row.value <= row.target if row.figure == "calibration error" else row.value >= row.target
    return f"{row.target:.2f} {'met' if met else 'missed'}"


def evaluate(
    judge: Judge,
    data: Path,
    *,
    baselines: bool = True,
    seed: int = 7,
    progress: Progress | None = None,
) -> Report:
    """Judge every item of a labelled file and measure. Raises BadLine and OSError."""
    items = read_labelled(data)
    if not items:
        raise BadLine(1, "there is nothing to measure on: give labelled prompts, one JSON object on each line")
    found: list[Judgement] = []
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        found += judge.judge([pending(number, item.asked) for number, item in enumerate(batch)])
        if progress:
            progress("judging", len(found), len(items))
    return report(judge.name, items, found, seed, with_baselines=baselines)


def report(
    name: str, items: Sequence[Labelled], found: Sequence[Judgement], seed: int, *, with_baselines: bool
) -> Report:
    """Measure judgements against labels."""
    levels = np.array([item.level for item in items])
    score = np.array([judgement.score for judgement in found])
    said = np.array([judgement.level for judgement in found])
    confusion = np.zeros((5, 5), int)
    np.add.at(confusion, (levels, said), 1)
    return Report(
        judge=name,
        items=len(items),
        rows=(*figures(items, found, levels, score, said, seed), *contrast_rows(items, score, seed)),
        slices=tuple(slices(items, levels, score, said)),
        baselines=tuple(baseline_rows(items, levels, seed)) if with_baselines else (),
        confusion=tuple(tuple(map(int, line)) for line in confusion),
    )


def figures(
    items: Sequence[Labelled],
    found: Sequence[Judgement],
    levels: npt.NDArray[np.int64],
    score: npt.NDArray[np.float64],
    said: npt.NDArray[np.int64],
    seed: int,
) -> list[Row]:
    """Give the main figures."""
    shares = np.array([judgement.probabilities for judgement in found])
    label = np.array([CATEGORIES.index(item.category) for item in items])
    category = np.array([CATEGORIES.index(judgement.category) for judgement in found])
    work = np.array([item.work for item in items])
    judged_work = np.array([bool(judgement.work) for judgement in found])
    by_name: dict[str, Callable[[npt.NDArray[np.int64]], float]] = {
        "spearman": lambda r: measures.spearman(score[r], levels[r]),
        "quadratic kappa": lambda r: measures.kappa(said[r], levels[r]),
        "auc level >= 3": lambda r: measures.auc(score[r], levels[r] >= 3),
        "auc level >= 2": lambda r: measures.auc(score[r], levels[r] >= 2),
        "exact level": lambda r: float((said[r] == levels[r]).mean()),
        "within one level": lambda r: float((abs(said[r] - levels[r]) <= 1).mean()),
        "calibration error": lambda r: measures.calibration_error(shares[r], levels[r]),
        "category accuracy": lambda r: float((category[r] == label[r]).mean()),
        "category macro f1": lambda r: macro_f1(category[r], label[r]),
        "work accuracy": lambda r: float((work[r] == judged_work[r]).mean()),
    }
    for place, name in enumerate(CATEGORIES):
        if (label == place).any():
            by_name[f"f1 {name}"] = lambda r, place=place: measures.f1(category[r], label[r], place)  # type: ignore[misc]
    return [row(name, measure, len(items), seed) for name, measure in by_name.items()]


def contrast_rows(items: Sequence[Labelled], score: npt.NDArray[np.float64], seed: int) -> list[Row]:
    """Give the share of contrasted pairs in the right order, by score and by length, where there are any."""
    by_score = contrast(items, score, seed)
    if not by_score.pairs:
        return []
    by_length = contrast(items, lengths(items), seed)
    return [
        Row("contrast pairs", by_score.right, by_score.low, by_score.high, CONTRAST_TARGET),
        Row("contrast pairs by length", by_length.right, by_length.low, by_length.high, None),
    ]


def macro_f1(said: npt.NDArray[np.int64], label: npt.NDArray[np.int64]) -> float:
    """Give the mean F1 over the classes that occur."""
    return float(np.mean([measures.f1(said, label, place) for place in np.unique(label)]))


def row(name: str, measure: Callable[[npt.NDArray[np.int64]], float], n: int, seed: int) -> Row:
    """Measure with an interval."""
    return Row(name, measure(np.arange(n)), *measures.interval(measure, n, seed), TARGETS.get(name))


def slices(
    items: Sequence[Labelled],
    levels: npt.NDArray[np.int64],
    score: npt.NDArray[np.float64],
    said: npt.NDArray[np.int64],
) -> list[tuple[str, int, float, float]]:
    """Measure by language, conversation, category and length."""
    length = np.array([len(item.asked.text) for item in items])
    category = np.array([item.category for item in items])
    lang = np.array([item.lang or "?" for item in items])
    follows = np.array([bool(item.asked.context) for item in items])
    masks: list[tuple[str, npt.NDArray[np.bool_]]] = [
        ("English", lang == "en"),
        ("other languages", lang != "en"),
        *((f"language {code}", lang == code) for code in sorted(set(lang) - {"en"})),
        ("single prompts", ~follows),
        ("in conversation", follows),
        *((f"category {name}", category == name) for name in CATEGORIES),
        *(
            (
                f"{low} to {high} characters" if high < 10**9 else f"over {low} characters",
                (length >= low) & (length < high),
            )
            for low, high in LENGTH_BANDS
        ),
    ]
    return [
        (name, int(mask.sum()), measures.spearman(score[mask], levels[mask]), measures.kappa(said[mask], levels[mask]))
        for name, mask in masks
        if mask.sum() >= LEAST
    ]


def baseline_rows(items: Sequence[Labelled], levels: npt.NDArray[np.int64], seed: int) -> list[Row]:
    """Measure the baselines' rank correlation."""
    return [
        row(name, lambda r, score=score: measures.spearman(score[r], levels[r]), len(items), seed)  # type: ignore[misc]
        for name, score in baselines.scores(items).items()
    ]
