"""Word pieces."""

import numpy as np

from classifiers.judge import TOKENIZER
from classifiers.manifest import SHIPPED
from classifiers.tokens import ASK, EARLIER, END, START, open_tokenizer, pad, pair, tokenize
from classifiers.views import view


def test_a_short_prompt_costs_only_its_own_length() -> None:
    """The packaged tokenizer pads all to 128 unless told not to."""
    assert len(tokenize(open_tokenizer(SHIPPED / TOKENIZER), [view("hello there")])[0][0]) == 4


def test_a_pair_marks_what_was_said_before() -> None:
    """Segment 0 is the ask, segment 1 the conversation, and padding is masked."""
    feed = pad([pair([7, 8], [9]), pair([7], [])])
    assert feed["input_ids"].tolist() == [[START, 7, 8, END, 9, END], [START, 7, END, 0, 0, 0]]
    assert feed["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1], [0] * 6]
    assert feed["attention_mask"].tolist() == [[1] * 6, [1, 1, 1, 0, 0, 0]]
    assert feed["input_ids"].dtype == np.int64


def test_a_long_ask_keeps_both_ends() -> None:
    """The cut is in the middle."""
    ids, ask = pair(list(range(1000, 2000)), list(range(3000, 4000)))
    assert ids[1] == 1000
    assert ids[ask - 2] == 1999
    assert ask <= ASK + 2
    assert len(ids) <= ASK + EARLIER + 3
