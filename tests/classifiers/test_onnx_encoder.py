"""The encoder without torch."""

from pathlib import Path

import pytest

from classifiers.errors import ModelError
from classifiers.judge import NETWORK, TOKENIZER
from classifiers.manifest import SHIPPED
from classifiers.onnx_encoder import OnnxEncoder
from tests.classifiers.encoders import EncoderContract


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    """The shipped network."""
    return OnnxEncoder(SHIPPED / NETWORK, SHIPPED / TOKENIZER)


class TestOnnxEncoder(EncoderContract):
    """The shipped network does what every encoder must."""


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    """One sentence, not the library's."""
    (tmp_path / NETWORK).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="holds no model that can be run"):
        OnnxEncoder(tmp_path / NETWORK, SHIPPED / TOKENIZER)
