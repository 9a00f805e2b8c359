"""Consoles over a small company's ledger, and browsers that come to them under a role."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from reports.console.access import Admission
from reports.console.assembly import assembled
from reports.console.figures import Figures
from reports.console.gate import App, Gate
from tests.assay.running import wait_until
from tests.reports.console.company import found

SECRET = bytes(range(32))
PEER, STRANGER = "10.1.2.3", "10.9.9.9"
HEADER = "X-Forwarded-User"
PASSWORD = "a long and winding word"
READERS = {
    "admin": "ana@example.com",
    "auditor": "aud@example.com",
    "manager": "ben@example.com",
    "employee": "eve@example.com",
}
ROLES = tuple(READERS)
ADMISSION = Admission(
    peers=(ip_network("10.1.0.0/16"),),
    user_header=HEADER,
    admins=frozenset({"ana@example.com"}),
    auditors=frozenset({"aud@example.com"}),
    managers={"ben@example.com": ("Growth", "Legal & Risk")},
)
Browse = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found(tmp_path_factory.mktemp("company") / "usage.db")


@pytest.fixture(scope="session")
def figures(company: Path) -> Iterator[Figures]:
    with kept(company) as figures:
        yield figures


@pytest.fixture(scope="session")
def gate(figures: Figures) -> Iterator[Gate]:
    with assembled(figures, ADMISSION, SECRET) as gate:
        yield gate


@pytest.fixture
async def browse(gate: Gate) -> AsyncIterator[Browse]:
    """Open browsers: `browse("admin")` comes through the front proxy."""
    opened: list[httpx.AsyncClient] = []

    def open_(role: str | None = None, peer: str = PEER, app: Gate = gate, **headers: str) -> httpx.AsyncClient:
        named = {HEADER: READERS[role]} if role else {}
        opened.append(client(app, peer, named | headers))
        return opened[-1]

    yield open_
    for each in opened:
        await each.aclose()


def client(app: App, peer: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(peer, 50000))
    return httpx.AsyncClient(transport=transport, base_url="https://console.example.com", headers=headers)


class kept:  # noqa: N801 - used as a function
    """Keep a console's figures for a block."""

    def __init__(self, ledger: Path) -> None:
        self._figures = Figures(ledger)

    def __enter__(self) -> Figures:
        self._figures.start()
        wait_until(lambda: self._figures.as_of)
        return self._figures

    def __exit__(self, *_: object) -> None:
        self._figures.close()


@asynccontextmanager
async def open_console(ledger: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Open a console without sign-in, on a loopback address."""
    with kept(ledger) as figures, assembled(figures, Admission(), SECRET) as app:
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as browser:
            yield browser
