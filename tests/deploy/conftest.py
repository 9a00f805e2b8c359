"""A gateway as docs/deploy.md sets it up, between a client and the hosts beyond."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.keys import Keys
from ledger.pseudonyms import Key
from tests.assay.running import PATIENCE, Running, wait_until
from tests.deploy.documents import block
from tests.deploy.namespaces import ASSISTANT, ASSISTANT6, OTHER, OTHER6, Place, places
from tests.deploy.serving import serving
from tests.proxy.upstream import Authority

ASSISTANT_HOST, OTHER_HOST = "api.openai.com", "www.example.com"
STATE = Path(".local/state/assay")
# No capability at all, and none to be had: Assay needs none.
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "bash", "-c")
NEEDED = {"ip": "iproute2", "nft": "nftables", "sysctl": "procps", "setpriv": "util-linux", "curl": "curl"}

Row = dict[str, object]


@dataclass(frozen=True)
class Gateway:
    """The places, and what the tests need to know of them."""

    client: Place
    gateway: Place
    beyond: Place
    world: Path  # PEM of the authority that the hosts beyond have their certificates from
    assistants: Path  # PEM that the assistant's own server shows
    others: Path
    home: Path  # of the user that runs Assay
    proxy: subprocess.Popen[str]

    @property
    def authority(self) -> Path:
        """PEM of Assay's certificate authority, which clients trust."""
        return self.home / STATE / "ca" / "mitmproxy-ca-cert.pem"

    @property
    def key(self) -> Key:
        return Keys.load_or_create(self.home / STATE / "usage.db.key").serving(0.0).key

    def calls(self) -> list[Row]:
        """Read all calls with their turns, oldest first."""
        with closing(sqlite3.connect(self.home / STATE / "usage.db")) as ledger:
            ledger.row_factory = sqlite3.Row
            rows = ledger.execute("SELECT turns.*, calls.* FROM calls LEFT JOIN turns ON turns.id = calls.turn_id")
            return [dict(row) for row in rows]

    @contextmanager
    def entered(self, number: int) -> Iterator[list[Row]]:
        """Wait for so many completed calls to be in the ledger after the block, and fill the list with them."""
        before, new = len(self.calls()), list[Row]()
        yield new
        wait_until(lambda: [call["complete"] for call in self.calls()[before:]].count(1) >= number)
        new.extend(self.calls()[before:])
        assert len(new) == number


@pytest.fixture(scope="session")
def transparent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Set up all of it: forwarding, Assay and the rules by the document's own commands."""
    _check_tools()
    folder = tmp_path_factory.mktemp("gateway")
    world = Authority(folder, "world")
    for host in (ASSISTANT_HOST, OTHER_HOST):
        world.server(host)
    assistants, others = (folder / f"world-{host}.pem" for host in (ASSISTANT_HOST, OTHER_HOST))
    home = folder / "home"
    home.mkdir()
    environment = {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
        "ASSAY_PROXY__UPSTREAM_CA": str(world.pem),
    }
    known = {ASSISTANT_HOST: ASSISTANT, OTHER_HOST: OTHER}
    shown = [f"{ASSISTANT}={assistants}", f"{ASSISTANT6}={assistants}", f"{OTHER}={others}", f"{OTHER6}={others}"]
    with places(known, environment) as found, serving(found["beyond"], shown):
        found["gateway"].shell(block("forwarding"))
        with proxying(found["gateway"], block("transparent")) as proxy:
            found["gateway"].shell(block("rules"))
            yield Gateway(**found, world=world.pem, assistants=assistants, others=others, home=home, proxy=proxy)


@contextmanager
def proxying(gateway: Place, command: str) -> Iterator[subprocess.Popen[str]]:
    """Keep the proxy up for a block, without a capability."""
    with gateway.start(*POWERLESS, command) as process:
        try:
            Running(process).until("listens on")
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _check_tools() -> None:
    if os.geteuid() != 0:
        pytest.exit("make test-network makes network namespaces: run it as root", returncode=1)
    if missing := [package for tool, package in NEEDED.items() if shutil.which(tool) is None]:
        pytest.exit(f"make test-network needs {' and '.join(missing)}: apt-get install {' '.join(missing)}", 1)
