"""A stand-in assistant, and one site."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Site, assistant

Disk = Callable[[str], None]


@pytest.fixture
def upstream() -> Iterator[str]:
    with assistant() as url:
        yield url


@pytest.fixture
def site(tmp_path: Path, upstream: str) -> Site:
    return Site(tmp_path, upstream)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "assay-test", folder], check=False)
    if os.geteuid() or done.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
