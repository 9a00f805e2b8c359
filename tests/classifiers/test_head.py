"""From experts to levels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.errors import ModelError
from classifiers.head import AUTOMATION, CHAT, Marks, load_head, softmax, to_probabilities


def marks(categories: list[float]) -> Marks:
    """Marks of one turn with these category probabilities."""
    none = np.zeros((1, 5), np.float32)
    return Marks(none, np.zeros(1, np.int64), np.array([categories], np.float32), none[:, 0], none, none)


def test_probabilities_sum_to_one_and_are_never_negative() -> None:
    """Also where a higher threshold claims to be likelier passed than a lower one."""
    found = to_probabilities(np.array([[2.0, 3.0, -1.0, 0.0], [-9, 9, 9, 9]], np.float32))
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    assert (found >= 0).all()
    assert found[1].argmax() == 0


def test_automation_must_be_likelier_than_not() -> None:
    """The likeliest class by a nose takes no value from a turn; a majority does."""
    shares = [0.3] + [0.0] * 9
    shares[AUTOMATION] = 0.4
    assert marks(shares).category(0) == 0
    shares[AUTOMATION] = 0.6
    assert marks(shares).category(0) == AUTOMATION


def test_what_asks_for_work_is_no_chat() -> None:
    """The rubric's chat asks for nothing, so a turn of level 2 is the next likeliest category."""
    shares = [0.3] + [0.0] * 9
    shares[CHAT] = 0.6
    level_1, level_2 = np.eye(5, dtype=np.float32)[[1, 2]]
    assert replace(marks(shares), probabilities=level_1[None]).category(0) == CHAT
    assert replace(marks(shares), probabilities=level_2[None]).category(0) == 0


def test_softmax_of_no_rows() -> None:
    """The shape holds."""
    assert softmax(np.zeros((0, 10), np.float32)).shape == (0, 10)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_a_file_that_is_no_head_is_refused(tmp_path: Path, content: bytes) -> None:
    """One sentence, not numpy's."""
    (tmp_path / "head.npz").write_bytes(content)
    with pytest.raises(ModelError, match="is no head"):
        load_head(tmp_path / "head.npz")
