"""How well repeats are told from new asks: pairs found and false alarms by kind.

Run as `python -m bench.novelty [EMBEDDINGS.npz] [--fit]`. Without embeddings it measures wording alone, as the rules
judge has it. EMBEDDINGS.npz holds `pairs`, (2n, dim) float32: the asks of tests/classifiers/repeats.jsonl, earlier and
now in turn, as an encoder's `read` gives them; `--encoder FOLDER` makes it with a model, `--encoder base` with the
packaged base weights (needs the train extra). `--fit` fits the model of classifiers/likeness.py on the groups of the
first half, thresholds included; without it, the second half is what counts. All of it is the mean over many keys, as a
signature is an estimate, and one key may be lucky.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import likeness
from classifiers.novelty import novelty
from classifiers.signatures import Signatures, Signer, packed
from classifiers.views import View, view
from ledger.records import Message, PendingTurn, Signed, utc

PAIRS = Path(__file__).parents[1] / "tests" / "classifiers" / "repeats.jsonl"
WORDED = ("verbatim", "typo", "replay")
REPEATS = (*WORDED, "paraphrase")  # translations are counted apart: the encoder is English
NEW = ("template", "topic", "follow-up", "reask")
ALLOWED = 4  # of the first half's new asks, over the threshold, with each key
KEYS = tuple(bytes([number]) * 32 for number in range(16))
AT = utc(1_795_000_000)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two asks, and what the second is to the first."""

    kind: str
    part: int  # 0: the model is fitted on it; 1: measured on it; 2: written after rules and thresholds were set
    earlier: View = field(repr=False)
    now: View = field(repr=False)
    asked: PendingTurn = field(repr=False)  # now
    same_conversation: bool

    def signed(self, signature: bytes) -> Signed:
        """Give the earlier ask as the ledger would."""
        return Signed(1, AT, "p", "now" if self.same_conversation else "before", True, signature)


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """Read the set. Pairs of one group lie in one half."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [read_pair(line) for line in lines]


def read_pair(line: dict[str, Any]) -> Pair:
    half = line.get("half", sha256(line["group"].encode()).digest()[0] % 2)
    *context, last = [Message(turn["role"], turn["text"]) for turn in line["now"]]
    asked = PendingTurn(2, AT, "p", None, "now", last.text, tuple(context))
    return Pair(line["kind"], half, seen(line["earlier"]), seen(line["now"]), asked, line.get("conversation") == "same")


def seen(turns: Sequence[dict[str, Any]]) -> View:
    return view(turns[-1]["text"], [Message(turn["role"], turn["text"]) for turn in turns[:-1]])


def signed(
    pairs: Sequence[Pair], embeddings: npt.NDArray[np.float32] | None, key: bytes
) -> tuple[Signatures, Signatures]:
    """Sign all pairs: the earlier asks, and those of now."""
    views = [one for pair in pairs for one in (pair.earlier, pair.now)]
    signatures = Signer(key).sign(views, embeddings)
    return signatures[0::2], signatures[1::2]


def found(pairs: Sequence[Pair], embeddings: npt.NDArray[np.float32] | None, key: bytes = KEYS[0]) -> list[bool]:
    """Tell for each pair whether the second is worth less for the first, asked by the same person."""
    earlier, now = signed(pairs, embeddings, key)
    return [
        novelty(pair.asked, now[row : row + 1], [pair.signed(packed(earlier[row : row + 1]))], ()).factor < 1
        for row, pair in enumerate(pairs)
    ]


def report(pairs: Sequence[Pair], taken: Sequence[float], part: int) -> dict[str, tuple[float, int]]:
    """Give the share of one part's pairs that are taken for repeats, and of how many: by kind, and together.

    `taken`: each pair's, over the keys.
    """
    kinds: dict[str, list[float]] = {}
    for pair, one in zip(pairs, taken, strict=True):
        if pair.part == part:
            kinds.setdefault(pair.kind, []).append(one)
            together = "repeats found" if pair.kind in REPEATS else "false alarms" if pair.kind in NEW else ""
            kinds.setdefault(together, []).append(one)
    kinds.pop("", None)
    return {kind: (sum(these) / len(these), len(these)) for kind, these in kinds.items()}


def fit(pairs: Sequence[Pair], embeddings: npt.NDArray[np.float32]) -> None:
    """Print the weights and the threshold of the model of meaning, from the first half."""
    half = [row for row, pair in enumerate(pairs) if pair.part == 0]
    signatures = [(earlier[half], now[half]) for earlier, now in (signed(pairs, embeddings, key) for key in KEYS)]
    each = [(now[row : row + 1], earlier[row : row + 1]) for earlier, now in signatures for row in range(len(half))]
    rows = np.concatenate([likeness.features(now, earlier) for now, earlier in each])
    place = np.array([likeness.same_place(now, earlier)[0] for now, earlier in each])
    kinds = np.array([pairs[row].kind for row in half] * len(KEYS))
    new = np.isin(kinds, NEW) & place
    repeats = kinds == "paraphrase"
    weights = logistic(rows[repeats | new], repeats[repeats | new])
    print(f"MEANING = np.array({np.round(weights, 2).tolist()})")
    print(f"MEANING_FROM = {np.sort(rows[new] @ weights)[-1 - ALLOWED * len(KEYS)]:.2f}")


def logistic(rows: Floats, repeats: npt.NDArray[np.bool_], shrink: float = 0.003, steps: int = 6000) -> Floats:
    """Fit a logistic model by gradient descent; give its weights, without the intercept."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    scaled = (rows - mean) / spread
    weights, intercept = np.zeros(rows.shape[1]), 0.0
    for _ in range(steps):
        error = 1 / (1 + np.exp(-(scaled @ weights + intercept))) - repeats
        weights -= 0.5 * (scaled.T @ error / len(rows) + shrink * weights)
        intercept -= 0.5 * float(error.mean())
    return np.asarray(weights / spread)


def embed(pairs: Sequence[Pair], encoder: str) -> npt.NDArray[np.float32]:
    """Read all asks with a model's folder, or with the base weights."""
    from classifiers.judge import open_encoder
    from classifiers.manifest import read_manifest

    if encoder == "base":
        from classifiers.torch_encoder import TorchEncoder

        return TorchEncoder().read([one for pair in pairs for one in (pair.earlier, pair.now)]).embeddings
    views = [one for pair in pairs for one in (pair.earlier, pair.now)]
    return open_encoder(read_manifest(Path(encoder)), "onnx").read(views).embeddings


def main(arguments: list[str]) -> None:
    pairs = read_pairs()
    embeddings = None
    if "--encoder" in arguments:
        embeddings = embed(pairs, arguments[arguments.index("--encoder") + 1])
    elif arguments and arguments[0].endswith(".npz"):
        embeddings = np.load(arguments[0])["pairs"]
    if "--fit" in arguments and embeddings is not None:
        fit(pairs, embeddings)
        return
    taken = np.mean([found(pairs, embeddings, key) for key in KEYS], axis=0).tolist()
    for part, what in ((1, "second half"), (2, "written last")):
        for kind, (share, count) in report(pairs, taken, part).items():
            print(f"{what}, {kind}: {share:.1%} of {count}")


if __name__ == "__main__":
    main(sys.argv[1:])
