from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proxy.upstream import Authority, ListSink, Upstream, upstream


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose certificate authority the proxies of all tests share: making one takes long."""
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs the upstreams' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"), "upstream-authority")


@pytest.fixture
async def up() -> AsyncIterator[Upstream]:
    """An upstream in the test's own event loop."""
    async with upstream() as running:
        yield running


@pytest.fixture
def sink() -> ListSink:
    """Where a test sees what capture hands over."""
    return ListSink()
