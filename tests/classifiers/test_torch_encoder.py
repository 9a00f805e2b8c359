"""The encoder in torch."""

import pytest

from classifiers.encoder import Encoder
from tests.classifiers.encoders import EncoderContract

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch and transformers warn of their own insides
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The packaged base weights."""
    from classifiers.torch_encoder import TorchEncoder

    return TorchEncoder()


class TestTorchEncoder(EncoderContract):
    """The base weights do what every encoder must."""
