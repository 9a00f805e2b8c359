"""Keeps `hosts.py` up in a namespace."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.assay.running import PATIENCE
from tests.deploy.namespaces import Place


@contextmanager
def serving(beyond: Place, shown: list[str]) -> Iterator[None]:
    """Serve for a block; `shown` has ADDRESS=PEM for each host."""
    with beyond.start(sys.executable, "-m", "tests.deploy.hosts", *shown) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
            yield
        finally:
            process.stdin.close()
            process.wait(PATIENCE)
