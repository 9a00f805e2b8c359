"""Rates prompts without a proxy: JSONL in, JSONL out, line by line, so that files of any length fit."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from classifiers.errors import BadLine
from classifiers.judge import Judge
from classifiers.labelled import Asked, read_asked, records
from ledger.records import DEFAULT_WEIGHTS, Judgement, PendingTurn, utc

BATCH = 8  # as the encoder takes them


@dataclass(frozen=True, slots=True)
class Scored:
    """One prompt's rating, as `assay score` gives it."""

    id: str | int  # as it was given
    level: int
    score: float  # expected level, 0.0 to 4.0
    weight: float  # 0.0 to 1.0: the level's worth by the default table
    category: str
    probabilities: tuple[float, ...]  # of levels 0 to 4
    reasons: tuple[str, ...]
    classifier: str

    def as_json(self) -> dict[str, Any]:
        """Give the fields in the contract's order."""
        return {
            "id": self.id,
            "level": self.level,
            "score": round(self.score, 4),
            "weight": self.weight,
            "category": self.category,
            "probabilities": [round(p, 4) for p in self.probabilities],
            "reasons": list(self.reasons),
            "classifier": self.classifier,
        }


def score_text(judge: Judge, text: str) -> Scored:
    """Rate one prompt."""
    return next(iter(score(judge, [Asked("text", text, ())])))


def score_stream(
    judge: Judge, lines: Iterable[str], write: Callable[[str], object], progress: Callable[[int], None] | None = None
) -> int:
    """Rate each line and `write` its rating as a line, in order; give their number. Raises BadLine at a bad one.

    What comes before a bad line is written first.
    """
    done = 0
    for scored in score(judge, (read_asked(number, record) for number, record in records(lines))):
        write(json.dumps(scored.as_json(), ensure_ascii=False) + "\n")
        done += 1
        if progress:
            progress(done)
    return done


def score_file(judge: Judge, source: Path, target: Path, progress: Callable[[int], None] | None = None) -> int:
    """Rate a file into another, which appears whole or not at all. Raises BadLine and OSError."""
    with source.open(encoding="utf-8", errors="replace") as lines:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as out:
            part = Path(out.name)
            try:
                done = score_stream(judge, lines, out.write, progress)
            except BaseException:
                part.unlink()
                raise
        part.replace(target)
    return done


def score(judge: Judge, asked: Iterable[Asked]) -> Iterator[Scored]:
    """Rate prompts in eights. Those before a bad line come out before its error does."""
    batch: list[Asked] = []
    try:
        for one in asked:
            batch.append(one)
            if len(batch) == BATCH:
                yield from rated(judge, batch)
                batch.clear()
    except BadLine:
        yield from rated(judge, batch)
        raise
    yield from rated(judge, batch)


def rated(judge: Judge, batch: Sequence[Asked]) -> list[Scored]:
    """Rate one batch."""
    found = judge.judge([pending(number, one) for number, one in enumerate(batch)])
    return [scored(one, judgement) for one, judgement in zip(batch, found, strict=True)]


def pending(number: int, asked: Asked) -> PendingTurn:
    """Put a prompt as the ledger would give it."""
    return PendingTurn(number, utc(0), "", None, str(asked.id), asked.text, asked.context)


def scored(asked: Asked, judgement: Judgement) -> Scored:
    """Write a judgement as a rating."""
    return Scored(
        asked.id,
        judgement.level,
        judgement.score,
        DEFAULT_WEIGHTS[judgement.level],
        judgement.category,
        judgement.probabilities,
        judgement.reasons,
        judgement.classifier,
    )
