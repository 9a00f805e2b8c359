"""A ledger in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import Ledger


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "usage.db"


@pytest.fixture
def ledger(db: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(db)
    yield ledger
    ledger.close()
