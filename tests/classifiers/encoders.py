"""What every encoder must do: the suite that each backend runs."""

import numpy as np

from classifiers.encoder import Encoder
from classifiers.views import view
from ledger.records import CATEGORIES, Message

TEXTS = ["hello", "Compare two tariffs for a flat with 1,800 kWh", "word " * 900, "你好，请帮我写一封邮件", ""]
CLOSE = 0.05  # rows may differ by this between batches: int8 rounds by the batch


class EncoderContract:
    """Subclass it with a fixture `encoder`."""

    def test_rows_have_unit_length(self, encoder: Encoder) -> None:
        """One float32 row a text."""
        rows = encoder.encode(TEXTS)
        assert rows.dtype == np.float32
        assert rows.shape[0] == len(TEXTS)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)

    def test_order_is_kept(self, encoder: Encoder) -> None:
        """Rows come back in the order of the texts, whatever stands beside them."""
        rows, alone = encoder.encode(TEXTS), np.concatenate([encoder.encode([text]) for text in TEXTS])
        assert ((rows * alone).sum(1) > 1 - CLOSE).all()

    def test_none_gives_no_rows(self, encoder: Encoder) -> None:
        """The shape holds for none."""
        assert encoder.encode([]).shape == (0, encoder.encode(["x"]).shape[1])

    def test_turns_are_read_in_their_conversation(self, encoder: Encoder) -> None:
        """What came before changes the outputs."""
        before = (Message("user", "Draft the contract for the boiler"), Message("assistant", "Shall I?"))
        reading = encoder.read([view("yes"), view("yes", before)])
        assert reading.outputs.shape == (2, 4 + len(CATEGORIES) + 1)
        assert not np.allclose(reading.outputs[0], reading.outputs[1], atol=1e-3)

    def test_it_has_a_name(self, encoder: Encoder) -> None:
        """For people."""
        assert encoder.name
