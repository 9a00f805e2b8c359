from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.installing import clients, installed
from tests.clients.standin import StandIn, standing_in


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A stand-in that nobody has asked yet."""
    with standing_in() as running:
        yield running


def program(name: str) -> Path:
    """Give a client's program. Skips the test, and says why, where it could not be installed here."""
    client = clients()[name]
    if (why := installed(client)) is not None:
        pytest.skip(f"{name} is not verified: {why}")
    return client.program
