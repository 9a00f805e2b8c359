from pathlib import Path

import pytest

from tests.proxy.upstream import Authority


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose certificate authority the proxies of all tests share: making one takes long."""
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs the upstreams' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"), "upstream-authority")
