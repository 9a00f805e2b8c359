"""Word pieces of a turn: the ask as segment 0, the conversation before it as segment 1, as BERT reads pairs.

The one door to `tokenizers`. It leaves out what is cut from long texts before (`views`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifiers.views import View

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ASK, EARLIER = 160, 96  # word pieces kept
START, END = 101, 102  # [CLS] and [SEP] of the BERT vocabulary

Tokens = Sequence[tuple[list[int], int]]  # word pieces, and how many of them belong to the ask
Feed = dict[str, npt.NDArray[np.int64]]


def open_tokenizer(path: Path) -> "Tokenizer":
    """Load tokenizer.json. The packaged one has padding and truncation to 128 saved in it, which are taken off."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tokenize(tokenizer: "Tokenizer", views: Sequence[View]) -> list[tuple[list[int], int]]:
    """Write each turn in word pieces."""
    asks = tokenizer.encode_batch_fast([view.ask for view in views], add_special_tokens=False)
    earlier = tokenizer.encode_batch_fast([view.earlier for view in views], add_special_tokens=False)
    return [pair(ask.ids, before.ids) for ask, before in zip(asks, earlier, strict=True)]


def pair(ask: list[int], before: list[int]) -> tuple[list[int], int]:
    """Join the two segments, the ask kept by head and tail where it is too long."""
    if len(ask) > ASK:
        ask = ask[: ASK * 2 // 3] + ask[-(ASK // 3) :]
    first = [START, *ask, END]
    return ([*first, *before[:EARLIER], END] if before else first), len(first)


def pad(tokens: Tokens) -> Feed:
    """Make the encoder's inputs, each (n, longest) int64."""
    width = max(len(ids) for ids, _ in tokens)
    feed = {
        name: np.zeros((len(tokens), width), np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for row, (ids, ask) in enumerate(tokens):
        feed["input_ids"][row, : len(ids)] = ids
        feed["attention_mask"][row, : len(ids)] = 1
        feed["token_type_ids"][row, ask : len(ids)] = 1
    return feed
